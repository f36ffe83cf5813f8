/* Minnow as a library: load a network, train it, ask it. C99; nothing of C++ and no exception comes out.
 *
 *   minnow_model* model = NULL;
 *   if (minnow_load("lenet.textproto", NULL, &model) != MINNOW_OK) fprintf(stderr, "%s\n", minnow_error_text());
 *   minnow_fit(model, NULL);
 *   minnow_save(model, "lenet.safetensors");
 *   minnow_free(model);
 *
 * Status. Every function that can fail returns a minnow_status; what went wrong is then asked for by minnow_error_*,
 * which speak of the last call that failed in the calling thread. A call that fails changes nothing but what its own
 * comment says. Pointers to results may not be null unless a comment says so.
 *
 * Threads. A model is used by one thread at a time, different models by different threads at once. Only minnow_cancel
 * may be called at any time, also from a signal handler.
 *
 * Memory. What a function borrows it no longer uses when it returns. A text that comes out of a minnow_..._text
 * argument is the caller's, who gives it to minnow_free_text. All else that comes out belongs to the model, and is good
 * for as long as its comment says.
 *
 * Arrays are row-major and contiguous, aligned to the size of their elements; examples run along dimension 0. */
#ifndef MINNOW_MINNOW_H
#define MINNOW_MINNOW_H

#include <stddef.h>
#include <stdint.h>

#define MINNOW_VERSION_MAJOR 0
#define MINNOW_VERSION_MINOR 1
#define MINNOW_VERSION_PATCH 0
#define MINNOW_VERSION_STRING "0.1.0"
#define MINNOW_VERSION (MINNOW_VERSION_MAJOR * 10000 + MINNOW_VERSION_MINOR * 100 + MINNOW_VERSION_PATCH)

#if defined(__GNUC__)
#define MINNOW_API __attribute__((visibility("default")))
#else
#define MINNOW_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* MINNOW_VERSION of the library that runs, which may be newer than this header. */
MINNOW_API int minnow_version(void);

/* ---- Errors ---- */

typedef enum minnow_status {
  MINNOW_OK = 0,
  MINNOW_INPUT_ERROR = 1, /* the model, data or a file is at fault */
  MINNOW_USAGE_ERROR = 2, /* the call is: an argument that is null, or names what there is not */
  MINNOW_NOT_FINITE = 3,  /* a loss, weight or prediction is infinite or no number */
  MINNOW_OUT_OF_MEMORY = 4,
  MINNOW_INTERNAL_ERROR = 5, /* a mistake of Minnow's own; the model is of no more use */
  MINNOW_INTERRUPTED = 130   /* minnow_cancel came, or a callback asked to stop, before there was a result */
} minnow_status;

/* Of the last call that failed in this thread, until the next that fails: what is wrong; where, such as
 * "lenet.textproto:14:3" or the name of an array; what to do about it; and all three as the program prints them. Texts
 * that there are not are empty. */
MINNOW_API const char* minnow_error_message(void);
MINNOW_API const char* minnow_error_place(void);
MINNOW_API const char* minnow_error_hint(void);
MINNOW_API const char* minnow_error_text(void);

/* ---- Models ---- */

typedef struct minnow_model minnow_model;

typedef enum minnow_backend {
  MINNOW_JIT = 0,
  MINNOW_INTERPRETER = 1 /* the reference, slow */
} minnow_backend;

/* How a model is loaded. Begin with MINNOW_OPTIONS_INIT. */
typedef struct minnow_options {
  size_t size; /* sizeof(minnow_options), so that it may grow */
  minnow_backend backend;
  int threads;                    /* 0: as many as the machine has; the results are the same */
  const char* const* assignments; /* "training.batch_size=64", as the program's --set */
  size_t assignment_count;
  int64_t max_bytes; /* a model that needs more is refused; 0: no limit */
  int infers_only;   /* 1: keeps no optimiser state, and never trains */
  int no_cache;      /* 1: machine code is not kept on disk */
} minnow_options;
#define MINNOW_OPTIONS_INIT {sizeof(minnow_options), MINNOW_JIT, 0, NULL, 0, 0, 0, 0}

/* A model file (text or binary), a graph of ONNX (.onnx), which without a loss predicts only, a file of IR (.ir), or
 * the folder of a run, whose weights are then loaded, too. `options` may be null. On failure *model is null. */
MINNOW_API minnow_status minnow_load(const char* path, const minnow_options* options, minnow_model** model);
/* A model as text that is in memory. `name` stands for the file in messages, and names the model if the text does not.
 */
MINNOW_API minnow_status minnow_parse(const char* text, size_t length, const char* name, const minnow_options* options,
                                      minnow_model** model);
/* Of null does nothing. */
MINNOW_API void minnow_free(minnow_model* model);

/* The model as a file would hold it, with all defaults written out. */
MINNOW_API minnow_status minnow_model_text(const minnow_model* model, char** text);
MINNOW_API void minnow_free_text(char* text);

/* ---- What a model is fed and gives ---- */

#define MINNOW_MAX_RANK 8
#define MINNOW_ANY_SIZE (-1)

typedef enum minnow_dtype { MINNOW_F32 = 0, MINNOW_I32 = 1, MINNOW_U8 = 2 } minnow_dtype;

/* An array of the caller's or of the model's. */
typedef struct minnow_array {
  const char* name; /* of an input, target or weight; NULL where there is only one it can be */
  minnow_dtype dtype;
  int rank;
  int64_t shape[MINNOW_MAX_RANK];
  void* data;
} minnow_array;

/* Name, type and shape of what is fed and compared with; data is NULL. Dimension 0 is MINNOW_ANY_SIZE, or the one batch
 * size that a program takes. An index that there is not is a MINNOW_USAGE_ERROR. The names are good as long as the
 * model. */
MINNOW_API size_t minnow_input_count(const minnow_model* model);
MINNOW_API minnow_status minnow_input(const minnow_model* model, size_t index, minnow_array* input);
MINNOW_API size_t minnow_target_count(const minnow_model* model);
MINNOW_API minnow_status minnow_target(const minnow_model* model, size_t index, minnow_array* target);
/* Of the predictions: of a classifier, probabilities. */
MINNOW_API minnow_status minnow_output(const minnow_model* model, minnow_array* output);
/* Classes that the model tells apart; 0 of a regression. */
MINNOW_API int64_t minnow_class_count(const minnow_model* model);
/* What the class is called by the data, the run or the file of weights that the model has seen, or by the model itself,
 * else its number; good until the next call. */
MINNOW_API minnow_status minnow_class_name(const minnow_model* model, size_t index, const char** name);
/* The model's training.batch_size. */
MINNOW_API int64_t minnow_batch_size(const minnow_model* model);

typedef enum minnow_split { MINNOW_TRAIN = 0, MINNOW_VALIDATION = 1 } minnow_split;

/* The model's own data, read at the first call: the array for an input, or behind these for a target, where the model
 * has it, as long as the model. A text, whose windows are gathered as they are needed, has none. `data_dir` may be
 * NULL. */
MINNOW_API minnow_status minnow_data(minnow_model* model, const char* data_dir, minnow_split split, size_t index,
                                     minnow_array* array);

typedef struct minnow_layer_info {
  const char* name;
  const char* kind; /* as in the model file: "conv2d" */
  int rank;
  int64_t shape[MINNOW_MAX_RANK]; /* of the result for one example */
  int64_t weights;                /* trained numbers */
  double flops; /* forward, for one example; a multiply-add counts 2. 0 where it is not known: of a graph of ONNX */
} minnow_layer_info;

/* Layers in the order of computation. Of a program there are none. */
MINNOW_API size_t minnow_layer_count(const minnow_model* model);
MINNOW_API minnow_status minnow_layer(const minnow_model* model, size_t index, minnow_layer_info* layer);

/* ---- Weights ---- */

typedef enum minnow_weight_kind {
  MINNOW_WEIGHT = 0,         /* trained */
  MINNOW_STATE = 1,          /* running statistics of normalisations */
  MINNOW_OPTIMIZER_STATE = 2 /* such as momentum */
} minnow_weight_kind;

/* First weights, then statistics, then the optimiser's state. Data is where the model has them, not a copy, stays there
 * as long as the model, and may be written to between calls: a model that was asked for it prepares its weights anew
 * for each call that predicts or evaluates, which others do once. `kind` may be null. */
MINNOW_API size_t minnow_weight_count(const minnow_model* model);
MINNOW_API minnow_status minnow_weight(minnow_model* model, size_t index, minnow_array* weight,
                                       minnow_weight_kind* kind);
/* The same by name: "conv1.weight". */
MINNOW_API minnow_status minnow_find_weight(minnow_model* model, const char* name, minnow_array* weight);
/* Copies the array to the weight of its name; type and shape must be its own. */
MINNOW_API minnow_status minnow_set_weight(minnow_model* model, const minnow_array* weight);

/* ---- Running ---- */

/* Predictions for any number of examples: an array for each input, by name, or without where there is one. Where
 * output->data is NULL, it is set to the model's own memory, good until the model runs again; otherwise the predictions
 * are written there, and dtype, rank and shape of `output` must fit. Inputs are read where they lie. More examples than
 * a batch go batch by batch; fewer are filled up to the next power of two, so that few functions are compiled. */
MINNOW_API minnow_status minnow_infer(minnow_model* model, const minnow_array* inputs, size_t input_count,
                                      minnow_array* output);

typedef struct minnow_outcome {
  double loss;     /* mean */
  double accuracy; /* a fraction; NaN where the model does not classify */
  int64_t examples;
} minnow_outcome;

/* Loss and accuracy over any number of examples; arrays for all inputs and targets, by name. Where the model has one
 * input and one target, they may go without names, in this order. Without arrays: of the model's own validation data.
 */
MINNOW_API minnow_status minnow_evaluate(minnow_model* model, const minnow_array* arrays, size_t count,
                                         minnow_outcome* outcome);

/* One step on these examples as one batch. `learning_rate` NaN takes that of the model's schedule, which counts in
 * epochs: unless it is constant, minnow_set_steps_per_epoch must have said how long one is. A loss that is not finite
 * is MINNOW_NOT_FINITE, and the weights are then spoilt. `outcome` may be null. */
MINNOW_API minnow_status minnow_train_step(minnow_model* model, const minnow_array* arrays, size_t count,
                                           double learning_rate, minnow_outcome* outcome);
MINNOW_API minnow_status minnow_set_steps_per_epoch(minnow_model* model, int64_t steps);
/* Steps done since the start, by steps and fits. */
MINNOW_API int64_t minnow_step_count(const minnow_model* model);

typedef struct minnow_step_info {
  int64_t epoch; /* from 1 */
  int64_t step;  /* done since the start */
  int64_t steps_per_epoch;
  double learning_rate;
  double loss;      /* mean over the batch */
  double mean_loss; /* over the epoch so far, as is the next */
  double accuracy;  /* NaN where the model does not classify */
} minnow_step_info;

typedef struct minnow_epoch_info {
  int64_t epoch; /* from 1 */
  int64_t steps; /* done since the start */
  double learning_rate;
  double train_loss;
  double train_accuracy;  /* accuracies are NaN where the model does not classify */
  double validation_loss; /* both NaN where there is nothing to validate on */
  double validation_accuracy;
  double seconds; /* of training, validation apart */
} minnow_epoch_info;

/* How minnow_fit trains. Begin with MINNOW_FIT_OPTIONS_INIT. A callback answers 0 to go on, anything else to stop
 * behind the step or epoch that is done. It may read the model's weights, but not run the model. */
typedef struct minnow_fit_options {
  size_t size;               /* sizeof(minnow_fit_options) */
  const minnow_array* train; /* arrays as for minnow_evaluate; none: the model's own data, which validate, too */
  size_t train_count;
  const minnow_array* validation; /* none: nothing is validated */
  size_t validation_count;
  int64_t epochs;       /* further ones; 0: up to those of the model */
  const char* data_dir; /* where the files of the model's data lie; may be NULL */
  int (*on_step)(const minnow_step_info* step, void* context); /* may be NULL, as may the next */
  int (*on_epoch)(const minnow_epoch_info* epoch, void* context);
  void* context;
} minnow_fit_options;
#define MINNOW_FIT_OPTIONS_INIT {sizeof(minnow_fit_options), NULL, 0, NULL, 0, 0, NULL, NULL, NULL, NULL}

/* Trains from where the model is, as the program does: the same examples in the same order lead to the same weights.
 * Being stopped by a callback or minnow_cancel is no failure: a further call goes on from there. A loss that is no
 * longer finite is MINNOW_NOT_FINITE, with the first value that went bad; the model is then as it was before the call.
 * `options` may be null. */
MINNOW_API minnow_status minnow_fit(minnow_model* model, const minnow_fit_options* options);
/* Epochs done so far, and what they came to. */
MINNOW_API size_t minnow_epoch_count(const minnow_model* model);
MINNOW_API minnow_status minnow_epoch(const minnow_model* model, size_t index, minnow_epoch_info* epoch);

/* Ends the call that the model is in, a fit behind its step; of a model that is in none, nothing. */
MINNOW_API void minnow_cancel(minnow_model* model);

/* ---- Files and texts ---- */

/* Everything that a training goes on from, as safetensors. Written whole or not at all. */
MINNOW_API minnow_status minnow_save(const minnow_model* model, const char* path);
/* The network with its weights for inference, as ONNX, for a batch of any size where the model has no other. With
 * logits other than 0 it ends before the softmax or sigmoid, so that it can be trained on. Written whole or not at all.
 */
MINNOW_API minnow_status minnow_export_onnx(const minnow_model* model, const char* path, int logits);
/* Takes weights and statistics from such a file. */
MINNOW_API minnow_status minnow_load_weights(minnow_model* model, const char* path);
/* The optimiser's state and the place in the run, too. */
MINNOW_API minnow_status minnow_load_checkpoint(minnow_model* model, const char* path);

/* A function of the model, "infer", "evaluate", "loss" or "train_step", as text: at the stage "lowered", behind a pass
 * by name such as "fuse", or "fuse,2" for its second run, behind all ("optimized", also NULL), or as "llvm" or "asm".
 * The batch is the model's if batch_size is 0. */
MINNOW_API minnow_status minnow_ir_text(const minnow_model* model, const char* function, const char* stage,
                                        int64_t batch_size, char** text);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MINNOW_MINNOW_H */
