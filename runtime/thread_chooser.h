// Whether a function runs faster on all threads of a pool or on one. Where its kernels are short that depends on how
// soon other threads answer, which changes with whatever else the machine does; so runs are timed. Results have the
// same bits either way.
//
// All threads are to take no longer than one would have, but for a hundredth and what a late thread costs that is the
// first to be so for a while. An account keeps that: a hundredth of all
// time is paid in, and so is what runs on all threads gain over one, or it is drawn if they lose. All threads are tried
// as long as the account is in credit; a trial may overdraw it by an allowance, and then ends. So a trial that has lost
// much is followed by a wait, the longer the more trials before it have lost, one that gains goes on, and a rare late
// thread does not end it.
#pragma once

#include <array>
#include <cstddef>

namespace minnow {

class ThreadChooser {
 public:
  // Of the next run.
  bool takes_all() const { return takes_all_; }
  // How long that took, in seconds.
  void add(double seconds);

  // After so many, a first trial has shown whether all threads are much faster or slower.
  static constexpr int kRunsToChoose = 60;

 private:
  void add_on_one(double seconds);
  void add_on_all(double seconds);
  void change();
  double allowance() const;
  double most_debt() const;

  bool takes_all_ = false;
  int streak_ = 0;       // runs since the last change
  int lost_trials_ = 0;  // one after the other
  std::array<double, 5> latest_ = {};
  size_t known_ = 0;    // runs that were in latest_
  double one_ = 0;      // the median of latest_: what a run on one thread takes
  double account_ = 0;  // seconds
  double unseen_ = 0;   // seconds on all threads since one was timed
};

}  // namespace minnow
