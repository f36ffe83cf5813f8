// Networks fed with digits that the program draws, a short way to train them, and what compiled training must
// keep to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// Names of the files in models/, without extension.
std::vector<std::string> shipped_models();
std::string model_path(const std::string& name);
bool reads_text(const std::string& name);

// A name that GoogleTest takes: letters and digits.
std::string test_name(std::string name);

// A session on a model file, with what it refers to.
class ModelRun {
 public:
  // `changes` as for --set; the data become GLYPHS, whatever the model names, unless it draws its own.
  ModelRun(const std::string& path, std::vector<std::string> changes, Backend backend, int threads,
           const CodeOptions& code = {});

  // The losses of `count` further steps on batches of the training data, in file order.
  std::vector<double> train(int steps);
  const std::map<std::string, Tensor>& tensors() const { return session_->tensors(); }

 private:
  LoadedModel loaded_;
  ThreadPool pool_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
  int64_t step_ = 0;
};

// The losses of the first 20 steps, interpreted and compiled, agree to 1e-4.
void expect_agreement(const std::string& path, const std::vector<std::string>& changes);
// Autodiff agrees with finite differences, for every weight.
void expect_right_gradients(const std::string& path);

}  // namespace minnow
