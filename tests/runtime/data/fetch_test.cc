// Against a server of the test's own, on the loopback interface.
#include "runtime/data/fetch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <thread>

#include "frontend/load/text_data.h"
#include "runtime/data/load_text.h"
#include "runtime/file.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kHelloSha256[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";  // of "hello"

using Bodies = std::map<std::string, std::string>;  // by path

// Answers GET, one connection at a time.
class HttpServer {
 public:
  explicit HttpServer(Bodies bodies, bool has_ranges = true) : bodies_(std::move(bodies)), has_ranges_(has_ranges) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
    listen(socket_, 8);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (int client; (client = accept(socket_, nullptr, nullptr)) >= 0; close(client)) {
      std::string request;
      char buffer[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got <= 0) break;
        request.append(buffer, static_cast<size_t>(got));
      }
      const std::string answer = answer_to(request);
      send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  std::string answer_to(const std::string& request) {
    const std::string path = request.substr(5, request.find(' ', 5) - 5);
    const size_t range = request.find("Range: bytes=");
    const size_t from = range == std::string::npos ? 0 : std::stoul(request.substr(range + 13));
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(path + "@" + std::to_string(from));
    }
    const auto found = bodies_.find(path);
    if (found == bodies_.end()) return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const std::string& body = found->second;
    const bool is_part = has_ranges_ && from > 0;
    if (is_part && from >= body.size())
      return "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const std::string sent = is_part ? body.substr(from) : body;
    // A stream says nothing of its length.
    if (path.starts_with("stream/")) return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + sent;
    std::string head = is_part ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(from) + "-" +
                                     std::to_string(body.size() - 1) + "/" + std::to_string(body.size()) + "\r\n"
                               : "HTTP/1.1 200 OK\r\n";
    return head + "Content-Length: " + std::to_string(sent.size()) + "\r\nConnection: close\r\n\r\n" + sent;
  }

  Bodies bodies_;
  bool has_ranges_;
  int socket_ = -1;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

RemoteDataset dataset_at(std::vector<std::string> mirrors) {
  return {"d", std::move(mirrors), {{"a.gz", kHelloSha256}}};
}

class Fetch : public testing::Test {
 protected:
  Status fetch(const RemoteDataset& dataset) { return fetch_dataset(dataset, {.folder = folder_.path()}); }
  std::string installed() const { return read_file(folder_.file("a.gz")).value_or(""); }
  bool has_part() const { return std::filesystem::exists(folder_.file("a.gz.part")); }
  TemporaryFolder folder_;
};

TEST_F(Fetch, InstallsOnceAndLeavesNothingElse) {
  const HttpServer server(Bodies{{"a.gz", "hello"}});
  ASSERT_TRUE(fetch(dataset_at({server.url()})));
  ASSERT_TRUE(fetch(dataset_at({server.url()})));
  EXPECT_EQ(installed(), "hello");
  EXPECT_FALSE(has_part());
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"a.gz@0"}));
}

TEST_F(Fetch, GoesOnWhereItStopped) {
  const HttpServer server(Bodies{{"a.gz", "hello"}});
  folder_.write("a.gz.part", "hel");
  ASSERT_TRUE(fetch(dataset_at({server.url()})));
  EXPECT_EQ(installed(), "hello");
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"a.gz@3"}));
}

TEST_F(Fetch, BeginsAnewWhereItCannotGoOn) {
  for (const bool has_ranges : {false, true}) {
    for (const std::string part : {"hel", "xyz", "hello", "too much already"}) {
      const TemporaryFolder folder;
      const HttpServer server(Bodies{{"a.gz", "hello"}}, has_ranges);
      folder.write("a.gz.part", part);
      const Status status = fetch_dataset(dataset_at({server.url()}), {.folder = folder.path()});
      EXPECT_TRUE(status) << part << ": " << status.error().to_string();
      EXPECT_EQ(*read_file(folder.file("a.gz")), "hello") << part;
    }
  }
}

TEST_F(Fetch, TriesEveryMirrorAndTellsWhatEachAnswered) {
  const HttpServer wrong(Bodies{{"a.gz", "something else"}}), empty(Bodies{}), right(Bodies{{"a.gz", "hello"}});
  const Status status = fetch(dataset_at({wrong.url(), empty.url()}));
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find(wrong.url() + "a.gz: its content is another one"), std::string::npos);
  EXPECT_NE(status.error().message.find("404"), std::string::npos) << status.error().message;
  EXPECT_EQ(installed(), "");
  EXPECT_FALSE(has_part());
  EXPECT_TRUE(fetch(dataset_at({wrong.url(), empty.url(), right.url()})));
}

TEST_F(Fetch, AnInterruptKeepsThePart) {
  const HttpServer server(Bodies{{"a.gz", "hello"}});
  folder_.write("a.gz.part", "hel");
  const std::atomic<bool> stop{true};
  const Status status = fetch_dataset(dataset_at({server.url()}), {.folder = folder_.path(), .interrupt = &stop});
  EXPECT_EQ(status.error().code, ExitCode::kInterrupted);
  EXPECT_TRUE(has_part());
  EXPECT_EQ(installed(), "");
}

// Whether a mirror says beforehand how much it sends or not.
TEST_F(Fetch, WhatIsTooLargeIsToldAndLeavesNothingInTheWay) {
  const std::string large(1 << 20, 'x');
  const HttpServer server(Bodies{{"a.gz", large}, {"stream/a.gz", large}, {"right/a.gz", "hello"}});
  FetchOptions options{.folder = folder_.path()};
  options.max_bytes = 1 << 16;
  const Status status = fetch_dataset(dataset_at({server.url(), server.url() + "stream/"}), options);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::kInput);
  for (const std::string& mirror : {server.url(), server.url() + "stream/"})
    EXPECT_NE(status.error().message.find(mirror + "a.gz: error: is another file: it has more than 65536 bytes"),
              std::string::npos)
        << status.error().message;
  EXPECT_FALSE(has_part());
  EXPECT_TRUE(fetch_dataset(dataset_at({server.url() + "stream/", server.url() + "right/"}), options));
  EXPECT_EQ(installed(), "hello");
}

TEST_F(Fetch, ATooLargePartIsBegunAnew) {
  const HttpServer server(Bodies{{"a.gz", "hello"}});
  folder_.write("a.gz.part", std::string(100, 'x'));
  FetchOptions options{.folder = folder_.path()};
  options.max_bytes = 50;
  const Status status = fetch_dataset(dataset_at({server.url()}), options);
  EXPECT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"a.gz@0"}));
}

TEST_F(Fetch, AFullDiskIsNoFaultOfTheMirrors) {
  const HttpServer server(Bodies{{"a.gz", "hello"}});
  std::filesystem::create_symlink("/dev/full", folder_.file("a.gz.part"));
  const Status status = fetch(dataset_at({server.url(), server.url() + "b/"}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, folder_.file("a.gz.part"));
  EXPECT_EQ(status.error().message, "cannot be written");
  EXPECT_LE(server.requests().size(), 1U);
}

TEST_F(Fetch, OnlyTheWeb) {
  const std::string path = folder_.write("local/a.gz", "hello");
  EXPECT_FALSE(fetch(dataset_at({"file://" + folder_.file("local/")})));
}

TEST(ContentHash, IsThatOfThePlainContent) {
  const TemporaryFolder folder;
  EXPECT_EQ(*content_sha256(folder.write("a", "hello")), kHelloSha256);
  EXPECT_FALSE(content_sha256(folder.file("missing")));
}

TEST(RemoteDatasets, HaveTheHashesOfTheFilesThatTestsUse) {
  const char* root = std::getenv("MINNOW_DATA");
  if (root == nullptr) GTEST_SKIP() << "set MINNOW_DATA to a folder with mnist and fashion-mnist";
  for (const RemoteDataset& dataset : remote_datasets())
    for (const RemoteFile& file : dataset.files)
      EXPECT_EQ(*content_sha256(find_named_text(dataset.name) != nullptr
                                    ? *find_named_text_file(dataset.name, {root})
                                    : std::string(root) + "/" + dataset.name + "/" + file.name),
                file.sha256)
          << file.name;
}

}  // namespace
}  // namespace minnow
