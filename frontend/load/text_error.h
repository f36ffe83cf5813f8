// The errors of protobuf's text parser, in the program's own words.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>

#include <optional>
#include <string>
#include <string_view>

#include "ir/error.h"

namespace minnow {

// "m.textproto:3:7", from a line and a column that count from 0; the path alone where there is no line.
std::string text_place(const std::string& path, int line, int column);

// Keeps the first error of a text that is to hold a message of `type`; those that follow are mostly its consequences.
class FirstTextError : public google::protobuf::io::ErrorCollector {
 public:
  FirstTextError(std::string_view text, const google::protobuf::Descriptor* type, std::string path)
      : text_(text), type_(type), path_(std::move(path)) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override;
  void AddWarning(int, google::protobuf::io::ColumnNumber, const std::string&) override {}

  const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view text_;
  const google::protobuf::Descriptor* type_;
  std::string path_;
  std::optional<Error> error_;
};

// The parser takes a number for a name of an enum, though the schema alone says which it stands for.
Status refuse_numbers_for_names(std::string_view text, const google::protobuf::Descriptor* type,
                                const std::string& path);

// About the first field with fields of its own that no bracket follows, if there is one.
std::optional<Error> missing_brace(std::string_view text, const google::protobuf::Descriptor* type,
                                   const std::string& path);

}  // namespace minnow
