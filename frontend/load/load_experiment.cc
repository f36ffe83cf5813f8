#include "frontend/load/load_experiment.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "frontend/load/field_path.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/override_model.h"
#include "frontend/load/text_format.h"
#include "ir/printable.h"
#include "ir/text.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;
namespace pb = google::protobuf;
using Run = Experiment::Run;
using Picture = Experiment::Picture;

constexpr int kMostRuns = 1000;
constexpr int kMostPictures = 1000;
constexpr int kMostOps = 20;  // in one picture

class Resolver {
 public:
  Resolver(LoadedExperiment& loaded, const std::vector<std::string>& assignments, const std::string& models_folder)
      : loaded_(loaded), assignments_(assignments), models_folder_(models_folder) {}

  Status resolve() {
    Experiment& experiment = loaded_.experiment;
    if (experiment.title().empty()) experiment.set_title(fs::path(loaded_.path).stem().string());
    if (experiment.runs().empty() && experiment.pictures().empty())
      return fail_with_hint(loaded_.path, "the experiment has nothing to do", "add: runs { ... } or pictures { ... }");
    MINNOW_TRY(check_count("runs", experiment.runs_size(), kMostRuns));
    MINNOW_TRY(check_count("pictures", experiment.pictures_size(), kMostPictures));
    MINNOW_TRY(resolve_runs());
    for (int i = 0; i < experiment.pictures_size(); ++i) MINNOW_TRY(resolve_picture(i));
    return {};
  }

 private:
  std::string where(const std::string& path) const { return loaded_.where(path); }

  Status check_count(const std::string& field, int count, int most) const {
    if (count <= most) return {};
    return fail(where(field), "there are {}, but {} are the most", count, most);
  }

  Status resolve_runs() {
    std::set<std::string> names;
    for (int i = 0; i < loaded_.experiment.runs_size(); ++i) {
      Run& run = *loaded_.experiment.mutable_runs(i);
      const std::string path = join_path("runs", i);
      if (run.name().empty()) return fail(where(path), "the run has no name");
      if (!names.insert(run.name()).second)
        return fail(where(path + ".name"), "there is another run \"{}\"", run.name());
      MINNOW_ASSIGN(LoadedModel model, resolve_model(run, path, run.name()));
      loaded_.models.push_back(std::move(model));
    }
    return {};
  }

  // The network of a run or of a picture of memory, which then has it in itself. `name` is for one without.
  template <typename Owner>
  Result<LoadedModel> resolve_model(Owner& owner, const std::string& path, const std::string& name) const {
    MINNOW_ASSIGN(LoadedModel model, find_model(owner, path, name));
    for (int i = 0; i < owner.set_size(); ++i)
      MINNOW_TRY(set_field(model, owner.set(i), where(join_path(path + ".set", i))));
    for (const std::string& assignment : assignments_) MINNOW_TRY(set_field(model, assignment));
    MINNOW_TRY(complete_model(model));
    *owner.mutable_network() = model.model;
    owner.clear_set();
    return model;
  }

  template <typename Owner>
  Result<LoadedModel> find_model(const Owner& owner, const std::string& path, const std::string& name) const {
    if (owner.source_case() == Owner::kNetwork) return written_model(owner.network(), path + ".network", name);
    if (owner.model().empty())
      return fail_with_hint(where(path), "names no network", "add: model: \"softmax-regression\"");
    const std::vector<std::string> shipped = shipped_names(models_folder_);
    if (std::ranges::find(shipped, owner.model()) != shipped.end())
      return load_model(shipped_path(models_folder_, owner.model()));
    const std::string file = beside(owner.model());
    std::error_code error;
    if (fs::exists(file, error)) return load_model(file);
    return fail_with_hint(
        where(path + ".model"),
        fmt::format("there is no model \"{}\", neither as a file nor as a shipped one", owner.model()),
        name_hint(owner.model(), shipped));
  }

  // A model that stands in the file itself, with its places there.
  LoadedModel written_model(const Model& network, const std::string& path, const std::string& name) const {
    LoadedModel model{.model = network, .path = loaded_.path, .is_text = true, .places = {}};
    if (model.model.name().empty()) model.model.set_name(name);
    const std::string inside = path + ".";
    for (auto place = loaded_.places.lower_bound(inside);
         place != loaded_.places.end() && place->first.starts_with(inside); ++place)
      model.places.emplace(place->first.substr(inside.size()), place->second);
    return model;
  }

  std::string beside(const std::string& file) const {
    return (fs::path(loaded_.path).parent_path() / file).lexically_normal().string();
  }

  Status resolve_picture(int i) {
    Picture& picture = *loaded_.experiment.mutable_pictures(i);
    const std::string path = join_path("pictures", i);
    const pb::FieldDescriptor* kind =
        picture.GetReflection()->GetOneofFieldDescriptor(picture, Picture::descriptor()->oneof_decl(0));
    if (kind == nullptr)
      return fail_with_hint(where(path), "does not say what to draw", "add: by_time {}, ops {...}, memory {...}, ...");
    if (picture.name().empty()) picture.set_name(kind->name());
    if (picture.title().empty()) picture.set_title(loaded_.experiment.title());
    if (!files_.insert(fit_for_files(picture.name())).second)
      return fail_with_hint(where(path), fmt::format("the name \"{}\" is taken", picture.name()),
                            "give this picture a name of its own");
    const std::string inside = join_path(path, kind->name());
    switch (picture.kind_case()) {
      case Picture::kByTime: return check_runs(picture.by_time().runs(), inside);
      case Picture::kByStep: return check_runs(picture.by_step().runs(), inside);
      case Picture::kGradients: return resolve_gradients(*picture.mutable_gradients(), inside);
      case Picture::kOps: return check_ops(picture.ops(), inside);
      case Picture::kMemory: return resolve_memory(i, *picture.mutable_memory(), inside);
      default: return resolve_logits(*picture.mutable_logits(), inside);
    }
  }

  template <typename Names>
  Status check_runs(const Names& names, const std::string& path) const {
    std::vector<std::string> known;
    for (const Run& run : loaded_.experiment.runs()) known.push_back(run.name());
    if (known.empty()) return fail(where(path), "there are no runs to draw");
    for (int i = 0; i < names.size(); ++i) {
      if (std::ranges::find(known, names[i]) == known.end())
        return fail_with_hint(where(join_path(path + ".runs", i)), fmt::format("there is no run \"{}\"", names[i]),
                              name_hint(names[i], known));
    }
    return {};
  }

  Status check_ops(const Experiment::Ops& ops, const std::string& path) const {
    if (ops.ops().empty()) return fail_with_hint(where(path), "names no op", "add: ops { name: \"tanh\" }");
    return check_count(path + ".ops", ops.ops_size(), kMostOps);
  }

  Status resolve_gradients(Experiment::Gradients& gradients, const std::string& path) const {
    MINNOW_TRY(check_runs(gradients.runs(), path));
    const bool takes_all = gradients.runs().empty();
    for (const Run& run : loaded_.experiment.runs()) {
      if (takes_all && run.log_gradients()) gradients.add_runs(run.name());
      const bool is_named = std::ranges::find(gradients.runs(), run.name()) != gradients.runs().end();
      if (is_named && !run.log_gradients())
        return fail_with_hint(where(path), fmt::format("run \"{}\" logs no gradients", run.name()),
                              "add to it: log_gradients: true");
    }
    if (gradients.runs().empty())
      return fail_with_hint(where(path), "no run logs gradients", "add to a run: log_gradients: true");
    return {};
  }

  Status resolve_memory(int picture, Experiment::Memory& memory, const std::string& path) {
    if (memory.batch_sizes().empty())
      return fail_with_hint(where(path), "names no batch sizes", "add: batch_sizes: [1, 16, 256]");
    MINNOW_ASSIGN(const LoadedModel model, resolve_model(memory, path, loaded_.experiment.title()));
    for (int i = 0; i < memory.batch_sizes_size(); ++i) {
      LoadedModel sized = model;
      MINNOW_TRY(set_field(sized, fmt::format("training.batch_size={}", memory.batch_sizes(i)),
                           where(join_path(path + ".batch_sizes", i))));
      MINNOW_TRY(complete_model(sized));
    }
    loaded_.measured.emplace(picture, model);
    return {};
  }

  Status resolve_logits(Experiment::Logits& logits, const std::string& path) {
    if (logits.logits().empty()) return fail_with_hint(where(path), "names no logits", "add: logits: [1, 0.5]");
    if (logits.scales().empty()) return fail_with_hint(where(path), "names no scales", "add: scales: [1, 10, 100]");
    std::vector<std::string> names;
    for (int i = 0; i < logits.programs_size(); ++i) {
      const std::string place = join_path(path + ".programs", i);
      Experiment::Logits::Program& program = *logits.mutable_programs(i);
      if (program.name().empty()) return fail(where(place), "the program has no name");
      if (!programs_.insert(fit_for_files(program.name())).second)
        return fail(where(place + ".name"), "there is another program \"{}\"", program.name());
      names.push_back(program.name());
      MINNOW_TRY(resolve_program(program, place));
    }
    if (std::ranges::find(names, logits.reference()) != names.end()) return {};
    if (logits.reference().empty())
      return fail_with_hint(where(path), "does not say which program tells the truth", "add: reference: \"...\"");
    return fail_with_hint(where(path + ".reference"), fmt::format("there is no program \"{}\"", logits.reference()),
                          name_hint(logits.reference(), names));
  }

  Status resolve_program(Experiment::Logits::Program& program, const std::string& place) const {
    std::string file = fmt::format("{}: {}", where(place), program.name());
    if (program.source_case() == Experiment::Logits::Program::kFile) {
      file = beside(program.file());
      std::error_code error;
      if (!fs::exists(file, error)) return fail(where(place + ".file"), "there is no file {}", file);
      MINNOW_ASSIGN(std::string text, read_bytes(file, "IR"));
      program.set_text(std::move(text));
    }
    if (program.text().empty()) return fail_with_hint(where(place), "has no IR", "add: file: \"program.ir\"");
    MINNOW_ASSIGN(const auto module, parse_module(program.text(), file));
    return module->functions.empty() ? Status(fail(file, "holds no function")) : Status();
  }

  LoadedExperiment& loaded_;
  const std::vector<std::string>& assignments_;
  const std::string& models_folder_;
  std::set<std::string> programs_;  // their files, of all pictures
  std::set<std::string> files_ = {"curves", "results", "experiment"};
};

}  // namespace

std::string LoadedExperiment::where(std::string_view field_path) const {
  const std::string place = nearest_place(places, field_path);
  return place.empty() ? shown_path(path) : place;
}

Result<LoadedExperiment> load_experiment(const std::string& path, const std::vector<std::string>& assignments,
                                         const std::string& models_folder) {
  LoadedExperiment loaded;
  loaded.path = path;
  MINNOW_ASSIGN(const std::string bytes, read_bytes(path, "experiment"));
  MINNOW_TRY(parse_text(bytes, shown_path(path), &loaded.experiment, &loaded.places));
  MINNOW_TRY(Resolver(loaded, assignments, models_folder).resolve());
  return loaded;
}

std::string experiment_to_text(const Experiment& experiment) {
  return print_text(experiment, "frontend/schema/experiment.proto");
}

std::vector<std::string> shipped_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const std::string& place : {folder, folder + "/zoo"}) {
    const size_t first = names.size();
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error))
      if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem().string());
    std::sort(names.begin() + static_cast<std::ptrdiff_t>(first), names.end());
  }
  return names;
}

std::string shipped_path(const std::string& folder, const std::string& name) {
  const std::string path = fmt::format("{}/{}.textproto", folder, name);
  return fs::exists(path) ? path : fmt::format("{}/zoo/{}.textproto", folder, name);
}

}  // namespace minnow
