// Every number in the sources at which the compiler changes its mind is declared as a Threshold.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "ir/threshold.h"

namespace minnow {
namespace {

// Numbers that are no sizes at which something changes.
const std::vector<std::string>& no_thresholds() {
  static const std::vector<std::string> kOthers = {
      // clang-format off
      "kBufferAlignment", "kArenaAlignment", "kRounded",  // of memory
      "kBlockExamples",                       // of the layout
      "kRounds",                              // of a search
      "kMost = int64_t{1} << 40",             // of a number that makes sense
      "kRead = 0",                            // LLVM's
      "kFewColumns", "kMaxTileRows", "kWideVectors", "kLongPiece", "kCyclesAhead", "kStepsOfColumn", "kStepsOfRow", "kLineParts", "kFilterVectors", "kLongRows", "kSpareRegisters", "kMostPixels",  // how registers are filled
      "round < 10", "kBlock = 4", "2 * kBlock",  // of random numbers and their words
      "kColumnParts", "kPlacesApart", "kMaskedLanes", "2 * wide",  // and how LLVM fills them
      "kCopy", "kTranspose", "kStore", "kRead", "kReadApart", "kReadAnywhere", "kReadMasked", "kLoad", "kShuffle", "kPooled", "kPicked", "kLine", "kGain", "kOfFilter", "kLeastGain", "kMostLoss",  // of cycles
      "kLanes = 16", "kIdleParts", "kNothing", "kAnything", "kNoNumber",  // of vectors
      "kVectorsOfPiece", "kChains", "kNone", "kBoth",  // of reductions, of traits
      "kSide", "kStep = ", "kTaps", "kPlaces = ", "kTilesAtOnce", "kTilesOfGroup", "kMostTiles", "kBytesOfTiles", "kLanesOfChannels", "kTileSide = ", "kPlacesOfTile", "kOfPixels", "kOfSums", "kFilterGain", "kTilesOfBand",  // of minimal filtering
      "kLanesOfPart",                         // of registers
      "kKeyBytes",                            // of what is sorted
      "kProductParts", "kFewestPlaces", "kFewestRows", "kPanelParts", "kImageParts", "kEpilogueParts", "kTileParts", "kLineBytes", "kFastBytes", "kBandPart",  // of caches, whose sizes the processor has
      "kMaxFactors",                          // of a product
      "d < 4", "kRow = 2",                    // dimensions of an image
      "kSmallBand",                           // of memory that there is little of
      "kMaxEntryBytes", "kMaxEntries",        // of files
      "kMaxPairs", "kFar", "kFewUsers",       // how long is searched
      "kRunsOfWeights",                       // how often is computed what is prepared once
      // clang-format on
  };
  return kOthers;
}

// Numbers above 2 that something is compared with, or that limit it, and constants that are no thresholds.
TEST(Thresholds, AreAllDeclaredAsSuch) {
  const std::regex suspicious(
      R"(constexpr (u?int\w*|size_t|double|uintmax_t) k\w+ =|[^<>-](<|<=|>|>=) ([3-9]|\d\d+)\b|\b\d+ \* [\w.()]+ (<|<=|>|>=) |)"
      R"((<|<=|>|>=) \d+ \* |(std::(min|max|clamp)(<\w+>)?|largest_divisor|even_tile)\([^;]*[(,] ?([3-9]|\d\d+)[),])");
  size_t declared = 0;
  for (const char* folder : {"codegen", "passes", "ir"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(MINNOW_SOURCE_DIR "/") + folder)) {
      const bool is_source = entry.path().extension() == ".cc" || entry.path().extension() == ".h";
      const std::string stem = entry.path().stem();
      const std::string room = entry.path().parent_path().filename();
      if (room == "bundle" || room == "c_source") continue;  // whose numbers are of a format, or of C that is printed
      if (!is_source || stem == "threshold" || stem.ends_with("_math"))
        continue;  // whose numbers are functions' arguments
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        declared += line.find("const Threshold k") != std::string::npos ? 1 : 0;
        const std::string code = line.substr(0, line.find("//"));
        if (std::string(folder) == "ir" || !std::regex_search(code, suspicious)) continue;
        EXPECT_TRUE(std::ranges::any_of(
            no_thresholds(), [&](const std::string& other) { return code.find(other) != std::string::npos; }))
            << entry.path().string() << ": " << line << "\n  is a threshold, or is to be named in no_thresholds()";
      }
    }
  EXPECT_EQ(declared, Threshold::all().size()) << "one that is not at namespace scope is not found here";
}

}  // namespace
}  // namespace minnow
