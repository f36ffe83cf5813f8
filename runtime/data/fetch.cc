#include "runtime/data/fetch.h"

#include <curl/curl.h>
#include <fmt/ranges.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "runtime/data/gzip_file.h"
#include "runtime/file.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxContentBytes = 4 * kMaxFetchedBytes;  // after gunzip

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

class Download {
 public:
  Download(const RemoteFile& file, const FetchOptions& options, std::string part)
      : file_(file), options_(options), part_(std::move(part)), curl_(curl_easy_init(), curl_easy_cleanup) {}

  // The body of `url` in the part file, after what is there already.
  Status run(const std::string& url) {
    std::error_code error;
    const uintmax_t held = fs::file_size(part_, error);
    if (!error && held > static_cast<uintmax_t>(options_.max_bytes)) fs::remove(part_, error);
    Status status = attempt(url);
    if (!status && is_range_refused_) {
      fs::remove(part_, error);  // the server cannot go on in the middle, or has no more than that
      status = attempt(url);
    }
    if (!status && is_too_large_) fs::remove(part_, error);
    return status;
  }

  // Whether to ask no other mirror: the one who waits, or the disk, wants no more.
  bool is_over() const { return is_over_; }

 private:
  Status attempt(const std::string& url) {
    const File out(std::fopen(part_.c_str(), "ab"), std::fclose);
    if (!curl_ || !out) return unwritten();
    std::fseek(out.get(), 0, SEEK_END);
    start_ = std::ftell(out.get());
    set_options(url, out.get());
    const CURLcode code = curl_easy_perform(curl_.get());
    long answer = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer);
    is_range_refused_ = start_ > 0 && (code == CURLE_RANGE_ERROR || answer == 416);
    is_too_large_ = code == CURLE_FILESIZE_EXCEEDED || (code == CURLE_ABORTED_BY_CALLBACK && is_beyond_limit_);
    if (is_too_large_) return fail(url, "is another file: it has more than {} bytes", options_.max_bytes);
    if (code == CURLE_WRITE_ERROR) return unwritten();
    is_over_ = code == CURLE_ABORTED_BY_CALLBACK;
    if (is_over_)
      return tl::unexpected(Error{url, "interrupted", "the same command goes on from there", ExitCode::kInterrupted});
    if (code != CURLE_OK) return fail(url, "{}", message_[0] != 0 ? message_ : curl_easy_strerror(code));
    if (std::fflush(out.get()) != 0 || fsync(fileno(out.get())) != 0) return unwritten();
    return {};
  }

  Status unwritten() {
    is_over_ = true;
    return fail_with_hint(part_, "cannot be written", "is the disk full, or the folder another user's?");
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
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.max_bytes));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message_);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(start_));
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Download::on_progress);
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto& download = *static_cast<Download*>(self);
    const FetchOptions& options = download.options_;
    if (options.on_progress)
      options.on_progress(download.file_.name, download.start_ + done, total > 0 ? download.start_ + total : 0);
    const bool is_stopped = options.interrupt && options.interrupt->load(std::memory_order_relaxed);
    download.is_beyond_limit_ = !is_stopped && download.start_ + done > options.max_bytes;
    return is_stopped || download.is_beyond_limit_ ? 1 : 0;
  }

  const RemoteFile& file_;
  const FetchOptions& options_;
  std::string part_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  char message_[CURL_ERROR_SIZE] = {};
  int64_t start_ = 0;
  bool is_range_refused_ = false;
  bool is_beyond_limit_ = false;  // which the callback saw
  bool is_too_large_ = false;
  bool is_over_ = false;
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
  const std::string& remote = file.remote_name.empty() ? file.name : file.remote_name;
  std::vector<std::string> answers;
  for (const std::string& mirror : dataset.mirrors) {
    // A part that cannot be completed to the right content is begun anew, once.
    for (const bool is_fresh : {false, true}) {
      std::error_code error;
      const bool had_part = fs::exists(part, error);
      Download download(file, options, part);
      const Status status = download.run(mirror + remote);
      if (download.is_over()) return status;
      if (!status) answers.push_back(status.error().to_string());
      if (!status) break;
      if (has_content(part, file)) return install(part, path);
      fs::remove(part, error);
      if (is_fresh || !had_part) {
        answers.push_back(fmt::format("{}{}: its content is another one (by its SHA-256)", mirror, remote));
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
      {"time-machine",
       {"http://d2l-data.s3-accelerate.amazonaws.com/"},
       {{"timemachine.txt", "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516"}}},
      {"tiny-shakespeare",
       {"https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"},
       {{"tinyshakespeare.txt", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", "input.txt"}}},
  };
  return kDatasets;
}

Status fetch_dataset(const RemoteDataset& dataset, const FetchOptions& options) {
  MINNOW_TRY(make_folder(options.folder));
  for (const RemoteFile& file : dataset.files) MINNOW_TRY(fetch_file(dataset, file, options));
  return {};
}

Result<std::string> content_sha256(const std::string& path) {
  MINNOW_ASSIGN(GzipFile file, GzipFile::open(path));
  llvm::SHA256 hash;
  std::vector<uint8_t> bytes(1 << 18);
  for (int64_t total = 0;;) {
    MINNOW_ASSIGN(const int64_t got, file.read(std::as_writable_bytes(std::span(bytes))));
    total += got;
    if (total > kMaxContentBytes) return fail(path, "is damaged");
    if (got == 0) break;
    hash.update(llvm::ArrayRef(bytes.data(), static_cast<size_t>(got)));
  }
  MINNOW_TRY(file.at_end());
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

}  // namespace minnow
