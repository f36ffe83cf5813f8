// What a page takes of the data that its network learns from, and how it shows them.
#pragma once

#include <optional>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// The numbers of a picture that are black and white.
struct Brightness {
  double black = 0, white = 1;
};
// Of each input, as the network takes them: bytes and the numbers of picture files reach to 255, others as far as
// those of `data`, which are not needed.
std::vector<Brightness> brightness_of(const Session& session, const DataSplits* data);

// Whether the page makes the model's data itself.
bool draws_data(const Session& session);
// Whether people may bring data: pictures with classes, or a text.
bool takes_files(const Session& session);
// Whether they have those files, since the model reads such.
bool reads_files_of_its_kind(const Session& session);

// Whether the data are small enough to be in a page.
bool fits_in_page(const DataSplits& data);
// So many examples of each split, which are no windows of a text, that they fit; taken evenly from all.
DataSplits part_for_page(const DataSplits& data);
int64_t page_bytes(const Dataset& data);

}  // namespace minnow
