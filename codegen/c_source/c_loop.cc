#include "codegen/c_source/c_body.h"
#include "ir/loop.h"

namespace minnow {
namespace {

// A loop's iterations: what is split moves on, what is carried is read where the iteration before wrote it.
class LoopText {
 public:
  LoopText(CWriter& c, COpFunctions& functions, const Op& loop, const MemoryPlan::LoopSlot& planned,
           const std::string& arena, int depth)
      : c_(c), functions_(functions), loop_(loop), attributes_(loop.attr<LoopAttributes>()), planned_(planned),
        depth_(depth) {
    int64_t top = planned.slot.offset;
    for (const size_t i : loop_buffers(loop)) {
      own_[i] = c_offset(arena, top);
      top += aligned(loop.result(i)->type.bytes());
    }
    memory_.arena = c_offset(arena, top);
    memory_.results.resize(loop.results.size());
  }

  void write(const std::function<std::string(const Value*)>& place, const ValueTexts& names, ValueTexts places) {
    c_.block("", [&] {
      declare_sums(place);
      declare_carries(place);
      const std::string t = fmt::format("t{}", depth_);
      c_.count(t, attributes_.count, [&] {
        declare_parts(place, t);
        move_carries(place, t);
        for (size_t i = 0; i < loop_.operands.size(); ++i)
          places[loop_.body->parameters()[i].get()] = parameter_place(i, place);
        CBody body(c_, functions_, *loop_.body, *planned_.body, memory_, names, std::move(places), depth_ + 1);
        body.write();
        add_sums(place, body);
        for (size_t i = 0; i < attributes_.carry.size(); ++i) c_.line("{} = {};", name("from", i), name("to", i));
      });
      finish(place);
    });
  }

 private:
  using Place = std::function<std::string(const Value*)>;

  std::string name(std::string_view what, size_t i) const { return fmt::format("{}{}_{}", what, depth_, i); }

  void declare_sums(const Place& place) {
    for (size_t i = 0; i < loop_.results.size(); ++i) {
      if (!is_summed(attributes_, i)) continue;
      memory_.results[i] = own_.at(i);
      c_.line("memset({}, 0, {});", place(loop_.result(i)), loop_.result(i)->type.bytes());
    }
  }

  void declare_carries(const Place& place) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i) {
      c_.line("const unsigned char *{} = {};", name("from", i),
              bytes(place(loop_.operands[carried_operand(attributes_, i)]), true));
      c_.line("unsigned char *{};", name("to", i));
    }
  }

  static std::string bytes(const std::string& place, bool is_const) {
    return fmt::format("({}unsigned char *)({})", is_const ? "const " : "", place);
  }

  // What this iteration has of operands that are split, and writes of results that are put together.
  void declare_parts(const Place& place, const std::string& t) {
    const std::string at = attributes_.reverse ? fmt::format("({} - {})", attributes_.count - 1, t) : t;
    for (size_t i = 0; i < loop_.operands.size(); ++i)
      if (is_split(attributes_, i))
        c_.line("const unsigned char *{} = {} + {} * {};", name("part", i), bytes(place(loop_.operands[i]), true), at,
                loop_.body->parameters()[i]->type.bytes());
    for (size_t i = attributes_.carry.size(); i < loop_.results.size(); ++i) {
      if (is_summed(attributes_, i)) continue;
      memory_.results[i] = name("out", i);
      c_.line("unsigned char *{} = {} + {} * {};", name("out", i), bytes(place(loop_.result(i)), false), at,
              loop_.body->results()[i].value->type.bytes());
    }
  }

  // The last iteration is to write the result's own place.
  void move_carries(const Place& place, const std::string& t) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i) {
      memory_.results[i] = name("to", i);
      const std::string last = bytes(place(loop_.result(i)), false);
      if (const auto stacked = stacked_with(loop_, i)) c_.line("{} = {};", name("to", i), name("out", *stacked));
      else if (!own_.contains(i)) c_.line("{} = {};", name("to", i), last);
      else
        c_.line("{} = ({} - {}) % 2 == 1 ? {} : {};", name("to", i), attributes_.count, t, last,
                bytes(own_.at(i), false));
    }
  }

  std::string parameter_place(size_t i, const Place& place) const {
    if (is_whole(attributes_, i)) return place(loop_.operands[i]);
    return is_split(attributes_, i) ? name("part", i) : name("from", last_result(attributes_, i));
  }

  void add_sums(const Place& place, const CBody& body) {
    for (size_t i = 0; i < loop_.results.size(); ++i) {
      if (!is_summed(attributes_, i)) continue;
      const Value* part = loop_.body->results()[i].value;
      const std::string_view type = c_type(part->type.dtype);
      c_.block("", [&] {
        c_.line("const {} *a = (const {} *)({});", type, type, body.place(part));
        c_.line("{} *y = ({} *)({});", type, type, place(loop_.result(i)));
        c_.count("i", part->type.elements(), [&] { c_.line("y[i] = ({})(y[i] + a[i]);", type); });
      });
    }
  }

  void finish(const Place& place) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i)
      if (stacked_with(loop_, i))
        c_.line("memcpy({}, {}, {});", place(loop_.result(i)), name("from", i), loop_.result(i)->type.bytes());
  }

  CWriter& c_;
  COpFunctions& functions_;
  const Op& loop_;
  const LoopAttributes& attributes_;
  const MemoryPlan::LoopSlot& planned_;
  int depth_;
  std::unordered_map<size_t, std::string> own_;  // buffers of the loop, by result
  CMemory memory_;                               // of the body
};

}  // namespace

void CBody::write_loop(const Op& loop) {
  LoopText text(c_, functions_, loop, plan_.loops.at(&loop), memory_.arena, depth_);
  text.write([this](const Value* value) { return place(value); }, names_, places_);
}

}  // namespace minnow
