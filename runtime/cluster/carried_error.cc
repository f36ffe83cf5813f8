#include "runtime/cluster/carried_error.h"

#include <nlohmann/json.hpp>

namespace minnow {
namespace {

using Json = nlohmann::json;

Json to_json(const Error& error) {
  Json others = Json::array();
  for (const Error& other : error.others) others.push_back(to_json(other));
  return {{"where", error.where},
          {"message", error.message},
          {"hint", error.hint},
          {"others", others},
          {"code", static_cast<int>(error.code)},
          {"left_out", error.left_out}};
}

Error error_of(const Json& json) {
  Error error{json.value("where", ""), json.value("message", "an error without words"), json.value("hint", ""),
              static_cast<ExitCode>(json.value("code", 1))};
  for (const Json& other : json.value("others", Json::array())) error.others.push_back(error_of(other));
  error.left_out = json.value("left_out", int64_t{0});
  return error;
}

}  // namespace

std::string carry(const Error& error) { return to_json(error).dump(-1, ' ', false, Json::error_handler_t::replace); }

Error carried_error(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? error_of(json) : Error{"", "another rank has failed, and what it says cannot be read", ""};
}

}  // namespace minnow
