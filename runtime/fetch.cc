#include "runtime/fetch.h"

#include <curl/curl.h>
#include <fmt/ranges.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "runtime/file.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

constexpr curl_off_t kMostBytes = curl_off_t{1} << 30;

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

class Download {
 public:
  Download(const RemoteFile& file, const FetchOptions& options, std::string part)
      : file_(file), options_(options), part_(std::move(part)), curl_(curl_easy_init(), curl_easy_cleanup) {}

  // The body of `url` in the part file, after what is there already.
  Status run(const std::string& url) {
    Status status = attempt(url);
    if (status || !is_range_refused_) return status;
    std::error_code error;
    fs::remove(part_, error);  // the server cannot go on in the middle, or has no more than that
    return attempt(url);
  }

 private:
  Status attempt(const std::string& url) {
    const File out(std::fopen(part_.c_str(), "ab"), std::fclose);
    if (!curl_ || !out) return fail(part_, "cannot be written");
    std::fseek(out.get(), 0, SEEK_END);
    start_ = std::ftell(out.get());
    set_options(url, out.get());
    const CURLcode code = curl_easy_perform(curl_.get());
    long answer = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer);
    is_range_refused_ = start_ > 0 && (code == CURLE_RANGE_ERROR || answer == 416);
    if (code == CURLE_ABORTED_BY_CALLBACK)
      return tl::unexpected(Error{url, "interrupted", "the same command goes on from there", ExitCode::kInterrupted});
    if (code != CURLE_OK) return fail(url, "{}", message_[0] != 0 ? message_ : curl_easy_strerror(code));
    if (std::fflush(out.get()) != 0 || fsync(fileno(out.get())) != 0) return fail(part_, "cannot be written");
    return {};
  }

  void set_options(const std::string& url, std::FILE* out) {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 30L);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, kMostBytes);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message_);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(start_));
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Download::on_progress);
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    const auto& download = *static_cast<Download*>(self);
    const FetchOptions& options = download.options_;
    if (options.on_progress)
      options.on_progress(download.file_.name, download.start_ + done, total > 0 ? download.start_ + total : 0);
    const bool is_stopped = options.interrupt && options.interrupt->load(std::memory_order_relaxed);
    return is_stopped || download.start_ + done > kMostBytes ? 1 : 0;
  }

  const RemoteFile& file_;
  const FetchOptions& options_;
  std::string part_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  char message_[CURL_ERROR_SIZE] = {};
  int64_t start_ = 0;
  bool is_range_refused_ = false;
};

bool has_content(const std::string& path, const RemoteFile& file) {
  const auto found = content_sha256(path);
  return found && *found == file.sha256;
}

Status install(const std::string& part, const std::string& path) {
  std::error_code error;
  fs::rename(part, path, error);
  return error ? Status(fail(path, "cannot be installed: {}", error.message())) : Status();
}

Status fetch_file(const RemoteDataset& dataset, const RemoteFile& file, const FetchOptions& options) {
  const std::string path = options.folder + "/" + file.name, part = path + ".part";
  if (has_content(path, file)) return {};
  std::vector<std::string> answers;
  for (const std::string& mirror : dataset.mirrors) {
    // A part that cannot be completed to the right content is begun anew, once.
    for (const bool is_fresh : {false, true}) {
      std::error_code error;
      const bool had_part = fs::exists(part, error);
      const Status status = Download(file, options, part).run(mirror + file.name);
      if (!status && status.error().code == ExitCode::kInterrupted) return status;
      if (!status) answers.push_back(status.error().to_string());
      if (!status) break;
      if (has_content(part, file)) return install(part, path);
      fs::remove(part, error);
      if (is_fresh || !had_part) {
        answers.push_back(fmt::format("{}{}: its content is another one (by its SHA-256)", mirror, file.name));
        break;
      }
    }
  }
  if (std::error_code error; fs::is_empty(part, error)) fs::remove(part, error);
  return fail_with_hint(file.name, fmt::format("could not be fetched\n    {}", fmt::join(answers, "\n    ")),
                        "try later, or name another place with --mirror URL/");
}

}  // namespace

const std::vector<RemoteDataset>& remote_datasets() {
  static const std::vector<RemoteDataset> kDatasets = {
      {"mnist",
       {"https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"},
       {{"train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
        {"train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
        {"t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
        {"t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}},
      {"fashion-mnist",
       {"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
       {{"train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
        {"train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
        {"t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
        {"t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}},
  };
  return kDatasets;
}

Status fetch_dataset(const RemoteDataset& dataset, const FetchOptions& options) {
  MINNOW_TRY(make_folder(options.folder));
  for (const RemoteFile& file : dataset.files) MINNOW_TRY(fetch_file(dataset, file, options));
  return {};
}

Result<std::string> content_sha256(const std::string& path) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) return fail(path, "cannot be read");
  llvm::SHA256 hash;
  std::vector<uint8_t> bytes(1 << 18);
  int64_t total = 0;
  for (;;) {
    const int got = gzread(file.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    int code = Z_OK;
    gzerror(file.get(), &code);
    total += std::max(got, 0);
    if (got < 0 || code < 0 || total > 4 * kMostBytes) return fail(path, "is damaged");
    if (got == 0) break;
    hash.update(llvm::ArrayRef(bytes.data(), static_cast<size_t>(got)));
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

}  // namespace minnow
