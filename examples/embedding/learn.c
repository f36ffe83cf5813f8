/* Learns two patterns, one step for each picture that comes in, and tells them apart. */
#include <stdio.h>

#include "sensor.h"

static unsigned char room[SENSOR_MEMORY_SIZE + SENSOR_ALIGNMENT];
static uint8_t image[SENSOR_TRAIN_STEP_IMAGE_SIZE];

/* Stripes, upright or lying. */
static void see(int kind, int shift) {
  for (int row = 0; row < 28; ++row)
    for (int column = 0; column < 28; ++column)
      image[28 * row + column] = ((kind == 0 ? column : row) + shift) / 4 % 2 == 0 ? 255 : 0;
}

static int guess(void* memory) {
  float prediction[SENSOR_INFER_PREDICTION_SIZE];
  if (sensor_infer(memory, image, prediction) != SENSOR_OK) return -1;
  return prediction[0] > prediction[1] ? 0 : 1;
}

int main(void) {
  void* memory = room + (SENSOR_ALIGNMENT - (uintptr_t)room % SENSOR_ALIGNMENT) % SENSOR_ALIGNMENT;
  if (sensor_init(memory) != SENSOR_OK) return 1;
  for (int step = 0; step < 400; ++step) {
    const int32_t kind = step % 2;
    see(kind, step / 2 % 8);
    if (sensor_train_step(memory, image, &kind, 0.01f, NULL) != SENSOR_OK) return 1;
  }
  int right = 0;
  for (int i = 0; i < 16; ++i) {
    see(i % 2, i / 2);
    right += guess(memory) == i % 2;
  }
  printf("%d of 16\n", right);
  return right == 16 ? 0 : 1;
}
