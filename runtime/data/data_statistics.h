// What there is to know of data before a network learns from them.
#pragma once

#include <vector>

#include "runtime/data/dataset.h"

namespace minnow {

// Of the numbers of one channel or feature, as the network is fed them: bytes times kByteScale.
struct ValueStatistics {
  double mean = 0, deviation = 0, least = 0, greatest = 0;
};

struct DataStatistics {
  std::vector<int64_t> class_counts;      // one per class; labels that a loss ignores are of none
  ValueStatistics all;                    // over every number of every example
  std::vector<ValueStatistics> features;  // per channel of pictures, sequences and volumes, per column of a table
};

// How many tokens the windows of a text reach over.
int64_t token_count(const Dataset& data);

// `data` has at least one number. Of a text the classes are the tokens, and all are counted; there is nothing else.
DataStatistics measure_data(const Dataset& data);

}  // namespace minnow
