// Downloads the files of a named dataset, over HTTP by libcurl (curl.se/libcurl).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "ir/error.h"

namespace minnow {

struct RemoteFile {
  std::string name;              // "train-images-idx3-ubyte.gz"
  std::string sha256;            // of its content after gunzip, in hexadecimal: mirrors may compress it anew
  std::string remote_name = {};  // what mirrors call it, if not the same
};

struct RemoteDataset {
  std::string name;
  std::vector<std::string> mirrors;  // tried in order; a file's name is appended to each
  std::vector<RemoteFile> files;
};

const std::vector<RemoteDataset>& remote_datasets();

// More than any of these files has: a mirror that sends more sends something else.
inline constexpr int64_t kMaxFetchedBytes = int64_t{1} << 30;

struct FetchOptions {
  std::string folder;                            // to install the files in
  const std::atomic<bool>* interrupt = nullptr;  // stops; what has come so far is kept, to go on from
  // How far the file under way has come, in bytes; `total` is 0 while it is not known.
  std::function<void(const std::string& name, int64_t done, int64_t total)> on_progress = {};
  int64_t max_bytes = kMaxFetchedBytes;  // of one file
};

// Installs each file that is not there yet with the right content: downloads NAME.part, going on from where an earlier
// download stopped, checks the hash, and renames. If no mirror has the file the error says what each answered. What
// cannot become the file leaves no part behind.
Status fetch_dataset(const RemoteDataset& dataset, const FetchOptions& options);

// The hash of a plain or gzipped file's content.
Result<std::string> content_sha256(const std::string& path);

}  // namespace minnow
