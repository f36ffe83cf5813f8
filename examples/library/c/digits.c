/* Trains a small network on digits that Minnow draws itself, saves it, loads it into a second model and asks that one.
 *
 *   digits MODELS [FILE.safetensors]       MODELS is the folder of the shipped models */
#include <minnow/minnow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(minnow_status status) {
  if (status == MINNOW_OK) return;
  fprintf(stderr, "%s\n", minnow_error_text());
  exit(1);
}

static int print_epoch(const minnow_epoch_info* epoch, void* context) {
  (void)context;
  printf("epoch %d  loss %.4f  validation accuracy %.1f %%\n", (int)epoch->epoch, epoch->train_loss,
         100 * epoch->validation_accuracy);
  return 0; /* go on */
}

static minnow_model* load(const char* models) {
  const char* assignments[] = {"training.epochs=3", "training.momentum={}", "data.train_examples=6000"};
  minnow_options options = MINNOW_OPTIONS_INIT;
  minnow_model* model = NULL;
  char path[4096];
  snprintf(path, sizeof path, "%s/lenet-glyphs.textproto", models);
  options.assignments = assignments;
  options.assignment_count = 3;
  check(minnow_load(path, &options, &model));
  return model;
}

int main(int argc, char** argv) {
  const char* models = argc > 1 ? argv[1] : MODELS;
  const char* file = argc > 2 ? argv[2] : "digits.safetensors";
  minnow_fit_options fit = MINNOW_FIT_OPTIONS_INIT;
  minnow_model* model = load(models);
  minnow_model* copy = load(models);
  minnow_array image = {NULL, MINNOW_U8, 4, {1, 1, 28, 28}, NULL};
  minnow_array output;
  unsigned char pixels[28 * 28];
  int row, digit, best = 0;

  fit.on_epoch = print_epoch;
  check(minnow_fit(model, &fit));
  check(minnow_save(model, file));
  check(minnow_load_weights(copy, file));

  /* A one: a stroke of the pen. */
  memset(pixels, 0, sizeof pixels);
  for (row = 5; row < 23; ++row) pixels[row * 28 + 13] = pixels[row * 28 + 14] = 255;
  image.data = pixels;
  memset(&output, 0, sizeof output); /* data NULL: look at the predictions where the model has them */
  check(minnow_infer(copy, &image, 1, &output));
  for (digit = 0; digit < output.shape[1]; ++digit)
    if (((float*)output.data)[digit] > ((float*)output.data)[best]) best = digit;
  printf("this is a %d\n", best);

  minnow_free(copy);
  minnow_free(model);
  return 0;
}
