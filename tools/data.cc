#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/data_statistics.h"
#include "runtime/data/fetch.h"
#include "runtime/data/open_dataset.h"
#include "runtime/plot/image_sheet.h"
#include "runtime/train/progress.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"
#include "tools/help.h"

namespace minnow {
namespace {

// Which data, of the commands that read some.
struct SourceFlags {
  std::string name;
  OpenDatasetOptions options;

  void add(CLI::App& app) {
    app.add_option(
           "name", name,
           "mnist, fashion-mnist, glyphs, time-machine, tiny-shakespeare, a .csv, .tsv, .npy, .npz or .txt file, or a folder of PNG")
        ->required()
        ->type_name("NAME");
    app.add_option("--split", options.split, "train or validation; of named data")
        ->check(CLI::IsMember({"train", "validation"}));
    app.add_option("--targets", options.targets, "the labels of an .npy or .npz file")->type_name("FILE");
    app.add_option("--data-dir", options.data_dir, "where the files of the data lie")->type_name("DIR");
  }

  Result<Dataset> open() const {
    ThreadPool pool(available_threads());
    MINNOW_ASSIGN(Dataset data, open_dataset(name, options, pool));
    print_notes(data.notes);
    return data;
  }
};

struct ShowFlags {
  SourceFlags source;
  int64_t count = 10;
  int64_t first = 0;
  bool has_labels = true;
  std::string out;
};

std::string label_text(const Dataset& data, int64_t i) {
  if (data.labels.dim(0) == 0) return "";
  if (!data.class_names.empty())
    return data.class_names[static_cast<size_t>(data.labels.as<int32_t>()[static_cast<size_t>(i)])];
  const int64_t width = data.labels.type().elements() / data.labels.dim(0);
  const DType dtype = data.labels.type().dtype;
  const Tensor labels = data.labels.converted_to(DType::kF64);
  const double label = labels.as<double>()[static_cast<size_t>(i * width)];
  return is_float(dtype) ? fmt::format("{:.4g}", label) : element_text(label, dtype);
}

// Windows as lines.
Result<ExitCode> show_text(const Dataset& data, int64_t first, int64_t count) {
  const Dataset shown = slice_dataset(data, first, count);
  const auto tokens = shown.examples.as<int32_t>();
  const auto length = static_cast<size_t>(shown.examples.dim(1));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    std::string line;
    for (const int32_t token : tokens.subspan(i * length, length)) line += class_name(data.class_names, token);
    fmt::print("{:>8}  {}\n", first + static_cast<int64_t>(i), printable(line));
  }
  return ExitCode::kDone;
}

// Rows of a table, or of an array [N,F] of other things than pixels, as lines of numbers.
void show_rows(const Dataset& shown, int64_t first, bool has_labels) {
  constexpr size_t kMostNumbers = 12;
  const Tensor numbers = shown.examples.converted_to(DType::kF32);
  const auto width = static_cast<size_t>(shown.examples.dim(1));
  const size_t told = std::min(width, kMostNumbers);
  const std::string rest = told < width ? " ..." : "";
  if (!shown.feature_names.empty())
    fmt::print("{:>8}  {}{}\n", "",
               printable(fmt::format("{}", fmt::join(std::span(shown.feature_names).first(told), " "))), rest);
  for (int64_t i = 0; i < shown.size(); ++i) {
    const auto row = numbers.as<float>().subspan(static_cast<size_t>(i) * width, told);
    const std::string label = has_labels ? label_text(shown, i) : "";
    fmt::print("{:>8}  {:.6g}{}{}\n", first + i, fmt::join(row, " "), rest,
               label.empty() ? "" : "  → " + printable(label));
  }
}

Result<ExitCode> show_command(const ShowFlags& flags) {
  if (!flags.out.empty()) MINNOW_TRY(check_picture_path(flags.out));
  MINNOW_ASSIGN(const Dataset data, flags.source.open());
  if (flags.first >= data.size())
    return fail(fmt::format("--first {}", flags.first), "there are {} examples", data.size());
  const int64_t count = std::min(flags.count, data.size() - flags.first);
  if (data.windows) return show_text(data, flags.first, count);
  const Dataset shown = slice_dataset(data, flags.first, count);
  ImageSheet sheet{fmt::format("{}, examples {} to {}", data.name, flags.first, flags.first + count - 1), {}, {}};
  auto pictures = as_pictures(shown.examples, flags.source.name);
  if (!pictures && flags.out.empty() && shown.examples.type().rank() == 2) {
    show_rows(shown, flags.first, flags.has_labels);
    return ExitCode::kDone;
  }
  MINNOW_ASSIGN(sheet.pictures, std::move(pictures));
  if (flags.has_labels && shown.has_labels())
    for (int64_t i = 0; i < count; ++i) sheet.captions.push_back({label_text(shown, i)});
  if (!flags.out.empty()) {
    MINNOW_TRY(write_drawing(flags.out, draw_sheet(sheet)));
  } else {
    const ProgressStyle style = ProgressStyle::detect(stdout);
    fmt::print("{}", sheet_text(sheet, style.columns, style.has_colour));
  }
  return ExitCode::kDone;
}

Action add_show(CLI::App& app) {
  auto flags = std::make_shared<ShowFlags>();
  flags->source.add(app);
  app.add_option("--count", flags->count, "how many examples")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--first", flags->first, "the first of them, from 0")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--labels,!--no-labels", flags->has_labels, "with the class of each (which is the default)");
  app.add_option("-o,--output", flags->out, "write a picture, .png or .svg")->type_name("FILE");
  return [flags] { return show_command(*flags); };
}

struct StatsFlags {
  SourceFlags source;
  bool json = false;
};

constexpr size_t kMostFeatures = 32;  // of a table; more would not be read

// What a channel or a column of a table is called.
std::string feature_name(const Dataset& data, size_t i) {
  if (!data.feature_names.empty()) return printable(data.feature_names[i]);
  return fmt::format("{} {}", data.examples.type().rank() > 2 ? "channel" : "column", i);
}

void print_values(const Dataset& data, const DataStatistics& found) {
  std::vector<std::pair<std::string, ValueStatistics>> rows = {{"all", found.all}};
  if (found.features.size() > 1 && found.features.size() <= kMostFeatures)
    for (size_t i = 0; i < found.features.size(); ++i) rows.emplace_back(feature_name(data, i), found.features[i]);
  size_t width = 12;
  for (const auto& [name, values] : rows) width = std::max(width, letter_count(name));
  fmt::print("{:{}}{:>12}{:>12}{:>12}{:>12}\n", "", width, "mean", "deviation", "least", "greatest");
  for (const auto& [name, values] : rows)
    fmt::print("{:{}}{:>12.6g}{:>12.6g}{:>12.6g}{:>12.6g}\n", name, width, values.mean, values.deviation, values.least,
               values.greatest);
}

// A text's tokens, each with how often it occurs in this part of it.
void print_vocabulary(const Dataset& data, const DataStatistics& found, int64_t total) {
  fmt::print("{}: {}\n{} of them here\n\n{:12}{:>12}{:>12}\n", printable(data.name), printable(data.read_as), total,
             "token", "count", "share");
  for (size_t i = 0; i < data.class_names.size(); ++i)
    fmt::print("{:12}{:>12}{:>10.2f} %\n", printable(data.class_names[i]), found.class_counts[i],
               100.0 * static_cast<double>(found.class_counts[i]) / static_cast<double>(total));
}

void print_statistics(const Dataset& data, const DataStatistics& found) {
  if (data.windows) return print_vocabulary(data, found, token_count(data));
  if (!data.read_as.empty()) fmt::print("{}: {}\n", printable(data.name), printable(data.read_as));
  fmt::print("{}: {} examples of {}{}\n\n", printable(data.name), data.size(),
             TensorType{data.examples.type().dtype,
                        Shape(data.examples.type().shape.begin() + 1, data.examples.type().shape.end())}
                 .to_string(),
             data.examples.type().dtype == DType::kU8 ? ", here divided by 255" : "");
  print_values(data, found);
  if (data.class_names.empty()) return;
  size_t width = 12;
  for (const std::string& name : data.class_names) width = std::max(width, letter_count(printable(name)));
  fmt::print("\n{:{}}{:>12}{:>12}\n", "class", width, "examples", "share");
  for (size_t i = 0; i < data.class_names.size(); ++i)
    fmt::print("{:{}}{:>12}{:>10.2f} %\n", printable(data.class_names[i]), width, found.class_counts[i],
               100.0 * static_cast<double>(found.class_counts[i]) / static_cast<double>(data.size()));
}

nlohmann::ordered_json to_json(const Dataset& data, const DataStatistics& found) {
  const auto object_of = [](const ValueStatistics& values) {
    return nlohmann::ordered_json{
        {"mean", values.mean}, {"deviation", values.deviation}, {"least", values.least}, {"greatest", values.greatest}};
  };
  nlohmann::ordered_json object = {{"dataset", data.name},
                                   {"examples", data.size()},
                                   {"type", data.examples.type().to_string()},
                                   {"all", object_of(found.all)},
                                   {"read_as", data.read_as},
                                   {"features", nlohmann::ordered_json::array()},
                                   {"classes", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < found.features.size(); ++i) {
    nlohmann::ordered_json feature = {{"name", feature_name(data, i)}};
    feature.update(object_of(found.features[i]));
    object["features"].push_back(std::move(feature));
  }
  if (data.windows) {
    object["tokens"] = token_count(data);
    object.erase("all");
  }
  for (size_t i = 0; i < data.class_names.size(); ++i)
    object["classes"].push_back({{"class", data.class_names[i]}, {"examples", found.class_counts[i]}});
  return object;
}

Result<ExitCode> stats_command(const StatsFlags& flags) {
  MINNOW_ASSIGN(const Dataset data, flags.source.open());
  if (!data.windows && data.examples.type().elements() == 0) return fail(data.name, "there is no example in it");
  const DataStatistics found = measure_data(data);
  if (flags.json) print_json(to_json(data, found));
  else print_statistics(data, found);
  return ExitCode::kDone;
}

Action add_stats(CLI::App& app) {
  auto flags = std::make_shared<StatsFlags>();
  flags->source.add(app);
  add_json_flag(app, flags->json);
  return [flags] { return stats_command(*flags); };
}

struct FetchFlags {
  std::string name;
  std::string data_dir;
  std::string mirror;
};

// How far the download has come, on a terminal.
void show_progress(const std::string& name, int64_t done, int64_t total) {
  static const bool is_terminal = ProgressStyle::detect(stderr).is_terminal;
  if (!is_terminal || total == 0) return;
  std::fputs(fmt::format("\r\x1b[2K{}  {:.1f} of {:.1f} MB", printable(name), static_cast<double>(done) / 1e6,
                         static_cast<double>(total) / 1e6)
                 .c_str(),
             stderr);
  if (done == total) std::fputs("\n", stderr);
}

Result<ExitCode> fetch_command(const FetchFlags& flags) {
  std::vector<std::string> names;
  for (RemoteDataset dataset : remote_datasets()) {
    names.push_back(dataset.name);
    if (dataset.name != flags.name) continue;
    if (!flags.mirror.empty()) dataset.mirrors = {flags.mirror.ends_with('/') ? flags.mirror : flags.mirror + "/"};
    const std::string folder = data_roots({flags.data_dir})[0] + "/" + dataset.name;
    MINNOW_TRY(fetch_dataset(dataset, {folder, &watch_for_interrupts(), show_progress}));
    fmt::print("{}: {} file{} in {}\n", dataset.name, dataset.files.size(), dataset.files.size() == 1 ? "" : "s",
               printable(folder));
    return ExitCode::kDone;
  }
  const std::string nearest = nearest_name(flags.name, names);
  return fail_with_hint("", fmt::format("there are no data \"{}\" to fetch", flags.name),
                        nearest.empty() ? fmt::format("{}", fmt::join(names, ", ")) : "did you mean " + nearest + "?");
}

Action add_fetch(CLI::App& app) {
  auto flags = std::make_shared<FetchFlags>();
  app.add_option("name", flags->name, "mnist, fashion-mnist, time-machine or tiny-shakespeare")
      ->required()
      ->type_name("NAME");
  app.add_option("--data-dir", flags->data_dir, "install below this folder; else MINNOW_DATA, or ./data")
      ->type_name("DIR");
  app.add_option("--mirror", flags->mirror, "where to get the files, instead of the known places")->type_name("URL");
  return [flags] { return fetch_command(*flags); };
}

struct Part {
  CLI::App* app;
  Action action;
};

}  // namespace

Action add_data(CLI::App& app) {
  app.require_subcommand(1);
  CLI::App* show = app.add_subcommand("show", "draw examples, in the terminal or as a picture; of a table its rows");
  CLI::App* stats = app.add_subcommand("stats", "count classes, and mean, deviation and shape");
  CLI::App* fetch = app.add_subcommand("fetch", "download a named set, checked and resumable");
  add_examples(*show, "minnow data show glyphs --count 5\nminnow data show x.npy --targets y.npy -o examples.png");
  add_examples(*stats, "minnow data stats table.csv\nminnow data stats pictures/");
  add_examples(*fetch, "minnow data fetch fashion-mnist");
  const std::vector<Part> parts = {{show, add_show(*show)}, {stats, add_stats(*stats)}, {fetch, add_fetch(*fetch)}};
  return [parts]() -> Result<ExitCode> {
    for (const Part& part : parts)
      if (part.app->parsed()) return part.action();
    return ExitCode::kUsage;
  };
}

}  // namespace minnow
