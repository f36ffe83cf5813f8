/* Tensors from and to the safetensors format: the header's length in 8 bytes, the header, which is JSON, and the bytes
   of the tensors. */

/* Places in `texts` are of the tensor's name and of its type and shape as the header has them. */
struct minnow_tensor {
  uint32_t name, name_size, dtype, dtype_size, shape, shape_size;
  uint32_t bytes, offset; /* in the memory */
  uint32_t is_optional;   /* zero where the file has none */
};

static int minnow_is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static uint32_t minnow_skip_spaces(const char* text, uint32_t at, uint32_t end) {
  while (at < end && minnow_is_space(text[at])) ++at;
  return at;
}

/* Behind `"key":` in text[at, end); 0 if it is not there. */
static uint32_t minnow_find(const char* text, uint32_t at, uint32_t end, const char* key, uint32_t key_size) {
  while (at < end) {
    uint32_t begin, size, i;
    if (text[at++] != '"') continue;
    begin = at;
    while (at < end && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    if (at >= end) return 0;
    size = at - begin;
    at = minnow_skip_spaces(text, at + 1, end);
    if (size != key_size || at >= end || text[at] != ':') continue;
    for (i = 0; i < size && text[begin + i] == key[i]; ++i) {
    }
    if (i == size) return minnow_skip_spaces(text, at + 1, end);
  }
  return 0;
}

/* Whether text[at, end) begins with `expected`, spaces apart. */
static int minnow_begins(const char* text, uint32_t at, uint32_t end, const char* expected, uint32_t size) {
  uint32_t i;
  for (i = 0; i < size; ++i) {
    at = minnow_skip_spaces(text, at, end);
    if (at >= end || text[at++] != expected[i]) return 0;
  }
  return 1;
}

/* The number at the place, behind spaces; the place moves behind it. 2^32 - 1 for what is no number or larger. */
static uint32_t minnow_number(const char* text, uint32_t* at, uint32_t end) {
  uint32_t i = minnow_skip_spaces(text, *at, end);
  uint32_t first = i, number = 0;
  while (i < end && text[i] >= '0' && text[i] <= '9') {
    if (number > 429496728u) return 4294967295u;
    number = 10 * number + (uint32_t)(text[i++] - '0');
  }
  *at = minnow_skip_spaces(text, i, end);
  return i == first ? 4294967295u : number;
}

/* Where the tensor's bytes begin in the file; 0 if it is not there, 1 if it is another tensor. */
static uint32_t minnow_find_tensor(const char* text, uint32_t header_end, uint32_t size, const char* texts,
                                   const struct minnow_tensor* tensor) {
  uint32_t at = minnow_find(text, 8, header_end, texts + tensor->name, tensor->name_size);
  uint32_t end = at, offsets, first, last, field;
  if (at == 0 || at >= header_end || text[at] != '{') return 0;
  while (end < header_end && text[end] != '}') ++end;
  field = minnow_find(text, at, end, "dtype", 5);
  if (field == 0 || !minnow_begins(text, field, end, texts + tensor->dtype, tensor->dtype_size)) return 1;
  field = minnow_find(text, at, end, "shape", 5);
  if (field == 0 || !minnow_begins(text, field, end, texts + tensor->shape, tensor->shape_size)) return 1;
  offsets = minnow_find(text, at, end, "data_offsets", 12);
  if (offsets == 0 || offsets >= end || text[offsets++] != '[') return 1;
  first = minnow_number(text, &offsets, end);
  if (offsets >= end || text[offsets++] != ',') return 1;
  last = minnow_number(text, &offsets, end);
  if (last > size - header_end || first > last || last - first != tensor->bytes) return 1;
  return header_end + first;
}

/* The step that the header tells of, 0 if it tells of none. */
static uint32_t minnow_find_step(const char* text, uint32_t header_end) {
  static const char key[] = "\\\"step\\\":";
  uint32_t at = minnow_find(text, 8, header_end, "minnow.training", 15), number;
  if (at == 0) return 0;
  for (++at; at < header_end; ++at) {
    if (text[at] == '"' && text[at - 1] != '\\') return 0;
    if (!minnow_begins(text, at, header_end, key, sizeof key - 1)) continue;
    at += sizeof key - 1;
    number = minnow_number(text, &at, header_end);
    return number == 4294967295u ? 0 : number;
  }
  return 0;
}

/* Changes nothing unless all is there. */
static int minnow_read_tensors(unsigned char* memory, const char* text, uint32_t size, const char* texts,
                               const struct minnow_tensor* tensors, uint32_t count) {
  uint32_t header_end, i, at, pass;
  uint32_t step;
  if (size < 10 || size > 2147483647u) return 7;
  header_end = (uint32_t)(unsigned char)text[0] | (uint32_t)(unsigned char)text[1] << 8 |
               (uint32_t)(unsigned char)text[2] << 16 | (uint32_t)(unsigned char)text[3] << 24;
  if ((text[4] | text[5] | text[6] | text[7]) != 0 || header_end > size - 8 || text[8] != '{') return 7;
  header_end += 8;
  for (pass = 0; pass < 2; ++pass) {
    for (i = 0; i < count; ++i) {
      at = minnow_find_tensor(text, header_end, size, texts, &tensors[i]);
      if (at == 1 || (at == 0 && !tensors[i].is_optional)) return 8;
      if (pass == 0) continue;
      if (at == 0) memset(memory + tensors[i].offset, 0, tensors[i].bytes);
      else memcpy(memory + tensors[i].offset, text + at, tensors[i].bytes);
    }
  }
  step = minnow_find_step(text, header_end);
  memcpy(memory + 20, &step, 4);
  return 0;
}

/* `header` is written with the step at `step_at`, 10 digits or spaces. */
static void minnow_write_tensors(const unsigned char* memory, char* out, const char* header, uint32_t header_size,
                                 uint32_t step_at, const struct minnow_tensor* tensors, uint32_t count) {
  uint32_t step, i, at = header_size;
  memcpy(out, header, header_size);
  memcpy(&step, memory + 20, 4);
  for (i = 10; i-- > 0; step /= 10) out[step_at + i] = (char)(step > 0 || i == 9 ? '0' + step % 10 : ' ');
  for (i = 0; i < count; ++i) {
    memcpy(out + at, memory + tensors[i].offset, tensors[i].bytes);
    at += tensors[i].bytes;
  }
}
