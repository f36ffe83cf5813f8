#include <map>
#include <set>

#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

// An operand of an Einsum: a letter for each dimension; those of "..." are capital letters from 'A' on, the last 'Z'.
struct Term {
  Value* value;
  std::string letters;
};

// "...ij" of a rank to letters; what stands for the dots counts from the end.
std::string letters_of(std::string_view text, int64_t rank) {
  std::string letters;
  const size_t dots = text.find("...");
  const auto named = static_cast<int64_t>(text.size() - (dots == std::string_view::npos ? 0 : 3));
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != dots) {
      require((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z'), "the equation has a '{}'",
              text[i]);
      require(text[i] >= 'a', "capital letters in the equation are not supported");
      letters += text[i];
      continue;
    }
    for (int64_t left = rank - named; left > 0; --left) letters += static_cast<char>('Z' - left + 1);
    i += 2;
  }
  require(rank < 0 || static_cast<int64_t>(letters.size()) == rank, "\"{}\" does not fit {} dimensions", text, rank);
  return letters;
}

// A letter that stands twice is the diagonal.
Term without_repeats(GraphBuilder& b, Term term) {
  for (size_t i = 0; i < term.letters.size(); ++i) {
    const size_t j = term.letters.find(term.letters[i], i + 1);
    if (j == std::string::npos) continue;
    const Shape& shape = term.value->type.shape;
    require(shape[i] == shape[j], "'{}' stands for {} and {}", term.letters[i], shape[i], shape[j]);
    const TensorType places{DType::kI32, shape};
    Value* is_diagonal =
        b.binary(OpKind::kEqual, b.iota(places, static_cast<int64_t>(i)), b.iota(places, static_cast<int64_t>(j)));
    term.value = b.sum(b.select(is_diagonal, term.value, 0.0), {static_cast<int64_t>(j)});
    term.letters.erase(j, 1);
    --i;
  }
  return term;
}

// Summed over what `kept` has not.
Term summed(GraphBuilder& b, Term term, std::string_view kept) {
  Dims dims;
  std::string letters;
  for (size_t i = 0; i < term.letters.size(); ++i)
    if (kept.find(term.letters[i]) == std::string_view::npos) dims.push_back(static_cast<int64_t>(i));
    else letters += term.letters[i];
  return {b.sum(term.value, dims), letters};
}

// In this order of letters, with a dimension of 1 for those that it has not.
Value* arranged(GraphBuilder& b, const Term& term, std::string_view order) {
  Dims permutation;
  Shape shape;
  for (const char letter : order) {
    const size_t at = term.letters.find(letter);
    if (at != std::string::npos) permutation.push_back(static_cast<int64_t>(at));
    shape.push_back(at == std::string::npos ? 1 : term.value->type.shape[at]);
  }
  return b.reshape(b.transpose(term.value, permutation), shape);
}

// A product of matrices where there is one, batch first, all that is summed over made one.
Term multiplied(GraphBuilder& b, const Term& x, const Term& y, std::string_view kept) {
  std::string batch, rows, columns, depth;
  const auto is_in = [](std::string_view letters, char letter) {
    return letters.find(letter) != std::string_view::npos;
  };
  for (const char letter : x.letters) {
    const size_t in_y = y.letters.find(letter);
    const int64_t size = x.value->type.shape[x.letters.find(letter)];
    const bool is_shared = in_y != std::string::npos && y.value->type.shape[in_y] == size;
    if (in_y != std::string::npos && !is_shared) {  // one of both is 1: multiplied as they are broadcast
      std::string all = x.letters;
      for (const char other : y.letters)
        if (!is_in(all, other)) all += other;
      return {b.mul(arranged(b, x, all), arranged(b, y, all)), all};
    }
    (!is_shared ? rows : is_in(kept, letter) ? batch : depth) += letter;
  }
  for (const char letter : y.letters)
    if (!is_in(x.letters, letter)) columns += letter;
  const auto joined = [&](const Term& term, const std::string& own) {
    Value* value = arranged(b, term, batch + own + depth);
    Shape shape(value->type.shape.begin(), value->type.shape.begin() + static_cast<int64_t>(batch.size() + own.size()));
    shape.push_back(
        element_count(Shape(value->type.shape.end() - static_cast<int64_t>(depth.size()), value->type.shape.end())));
    return b.reshape(value, shape);
  };
  Value* left = joined(x, rows);
  Value* right = joined(y, columns);
  return {b.dot(left, right, {left->type.rank() - 1, right->type.rank() - 1}, static_cast<int64_t>(batch.size())),
          batch + rows + columns};
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == ',') parts.emplace_back();
    else parts.back() += c;
  return parts;
}

// Without "->", all letters that stand once, in order, behind the dots.
std::string implied_result(const std::vector<std::string>& terms) {
  std::map<char, int> counts;
  std::set<char> dots;
  for (const std::string& term : terms)
    for (const char letter : term) letter >= 'a' ? void(++counts[letter]) : void(dots.insert(letter));
  std::string result(dots.begin(), dots.end());
  for (const auto& [letter, count] : counts)
    if (count == 1) result += letter;
  return result;
}

}  // namespace

void matmul(NodeScope& n) {
  Value* x = n.value();
  Value* y = n.value(1);
  if (x->type.dtype == DType::kF32) return n.give(n.b.matmul(x, y));
  // Exact up to 2^53.
  Value* product = n.b.matmul(n.b.convert(x, DType::kF64), n.b.convert(y, DType::kF64));
  n.give(wrapped(n.b, n.b.convert(product, DType::kI32), n.type()));
}

void gemm(NodeScope& n) {
  GraphBuilder& b = n.b;
  require(n.rank() == 2 && n.rank(1) == 2, "its operands are {} and {}, but must be matrices",
          shape_to_string(n.shape()), shape_to_string(n.shape(1)));
  const bool is_whole = is_whole_element(n.type());
  const auto operand = [&](size_t i) { return is_whole ? b.convert(n.value(i), DType::kF64) : n.value(i); };
  const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
  Value* y = b.dot(operand(0), operand(1), {n.whole("transA") != 0 ? 0 : 1, n.whole("transB") != 0 ? 1 : 0});
  if (alpha != 1) y = b.mul(y, alpha);
  if (n.has(2) && beta != 0) {
    Value* c = beta == 1 ? operand(2) : b.mul(operand(2), beta);
    require(common_shape(c->type.shape, y->type.shape) == y->type.shape, "C is {}, which does not fit {}",
            shape_to_string(c->type.shape), shape_to_string(y->type.shape));
    y = b.add(y, c);
  }
  n.give(is_whole ? b.convert(y, DType::kI32) : y);
}

void einsum(NodeScope& n) {
  GraphBuilder& b = n.b;
  std::string equation = n.text("equation");
  std::erase(equation, ' ');
  const size_t arrow = equation.find("->");
  const std::vector<std::string> texts = split_at_commas(std::string_view(equation).substr(0, arrow));
  require(texts.size() == n.inputs(), "the equation \"{}\" has {} terms, but there are {} inputs", equation,
          texts.size(), n.inputs());
  std::vector<std::string> letters;
  for (size_t i = 0; i < texts.size(); ++i) letters.push_back(letters_of(texts[i], n.rank(i)));
  std::string result;
  if (arrow == std::string::npos) {
    result = implied_result(letters);
  } else {
    std::set<char> dots;
    for (const std::string& term : letters)
      for (const char letter : term)
        if (letter < 'a') dots.insert(letter);
    const std::string text = equation.substr(arrow + 2);
    const bool has_dots = text.find("...") != std::string::npos;
    result =
        letters_of(text, static_cast<int64_t>(text.size()) - (has_dots ? 3 - static_cast<int64_t>(dots.size()) : 0));
  }
  Term all;
  for (size_t i = 0; i < letters.size(); ++i) {
    std::string later = result;
    for (size_t j = i + 1; j < letters.size(); ++j) later += letters[j];
    const Term next = without_repeats(b, {n.floats(i), letters[i]});
    all = i == 0 ? summed(b, next, later)
                 : summed(b, multiplied(b, all, summed(b, next, later + all.letters), later), later);
  }
  for (const char letter : result) require(all.letters.find(letter) != std::string::npos, "'{}' is in no term", letter);
  n.give(arranged(b, all, result));
}

// By elimination, with the largest of each column in front: the rows are exchanged by selecting.
void determinant(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const int64_t rank = n.rank(), size = rank > 0 ? n.dim(0, -1) : 0;
  require(rank >= 2 && n.dim(0, -2) == size && size > 0, "{} holds no square matrices", shape_to_string(n.shape()));
  require(size <= 32, "a determinant of {} rows is not supported, at most of 32", size);
  Shape batch(n.shape().begin(), n.shape().end() - 2);
  Value* result = b.constant({DType::kF32, batch}, 1);
  for (int64_t left = size; left > 0; --left) {
    Value* column = b.slice(x, rank - 1, 0, 1);
    Value* largest = b.argmax(b.abs(column), rank - 2);  // [..., 1]
    Shape rows = batch;
    rows.insert(rows.end(), {left, 1});
    Shape one = batch;
    one.insert(one.end(), {1, 1});
    Value* row = b.iota({DType::kI32, rows}, rank - 2);
    Value* is_pivot = b.binary(OpKind::kEqual, row, b.reshape(largest, one));
    Value* pivot_row = b.sum(b.select(is_pivot, x, 0.0), {rank - 2}, true);
    Value* pivot = b.slice(pivot_row, rank - 1, 0, 1);
    // What was first stands where the pivot was.
    Value* exchanged = b.select(is_pivot, b.slice(x, rank - 2, 0, 1), x);
    Value* is_exchanged = b.binary(OpKind::kNotEqual, b.reshape(largest, batch), 0.0);
    Value* factor = b.reshape(pivot, batch);
    result = b.mul(result, b.select(is_exchanged, b.neg(factor), factor));
    if (left == 1) break;
    Value* below = b.slice(exchanged, rank - 2, 1, left);
    Value* safe = b.select(b.binary(OpKind::kEqual, pivot, 0.0), 1.0, pivot);
    Value* reduced = b.sub(below, b.mul(b.div(b.slice(below, rank - 1, 0, 1), safe), pivot_row));
    x = b.slice(reduced, rank - 1, 1, left);
  }
  n.give(result);
}

}  // namespace minnow::onnx_ops
