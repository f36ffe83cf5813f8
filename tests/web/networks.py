"""Networks that pages are made of, and a text to learn."""
DIGITS = """
name: "digits"
inputs { name: "image" shape: [1, 28, 28] }
layers { name: "conv" conv2d { filters: 4 kernel: 5 stride: 2 } }
layers { name: "norm" batch_norm {} }
layers { name: "relu" activation { function: RELU } }
layers { name: "drop" dropout { rate: 0.2 } }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.05 momentum {} schedule { cosine {} warmup_epochs: 0.1 } batch_size: 16 epochs: 2 }
data { builtin: GLYPHS train_examples: 800 validation_examples: 200 }
"""

LINE = """
inputs { name: "x" shape: [2] }
layers { name: "line" dense { units: 1 } }
loss { mean_squared_error {} }
training { learning_rate: 0.03 batch_size: 10 epochs: 3 }
data { linear_regression { weights: [2, -3.4] bias: 4.2 } }
"""

WHOLE = """func @infer(%x: i32[4,2], %w: f32[2,1] weight) -> (prediction: f32[4,1]) {
  %0 = convert(%x) : f32[4,2]
  %1 = dot(%0, %w) : f32[4,1]
  return %1
}
func @loss(%x: i32[4,2], %target: f32[4,1], %w: f32[2,1] weight) -> (loss: f32[]) {
  %0 = convert(%x) : f32[4,2]
  %1 = dot(%0, %w) : f32[4,1]
  %2 = sub(%1, %target) : f32[4,1]
  %3 = mul(%2, %2) : f32[4,1]
  %4 = reduce_sum(%3) {dims = [0, 1]} : f32[]
  return %4
}
"""

LETTERS = """
inputs { name: "tokens" shape: [16] type: I32 }
layers { name: "embed" embedding { vocabulary: %d units: 8 } }
layers { name: "memory" gru { units: 12 } }
layers { name: "next" dense { units: %d per_position: true } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.02 adam {} batch_size: 8 epochs: 1 }
data { text { file: "text.txt" } }
"""
LOOKING_BACK = """
inputs { name: "tokens" shape: [16] type: I32 }
layers { name: "embed" embedding { vocabulary: %d units: 8 } }
layers { name: "look" attention { heads: 2 causal: true } }
layers { name: "next" dense { units: %d per_position: true } }
loss { softmax_cross_entropy {} }
training { batch_size: 8 }
data { text { file: "text.txt" } }
"""
TEXT = "the quick brown fox jumps over the lazy dog, and then it sleeps. " * 40

PICTURES = """
inputs { name: "image" shape: [1, 8, 8] }
layers { name: "fc" dense { units: 3 } }
loss { softmax_cross_entropy {} }
training { batch_size: 4 }
data { idx { train_images: "a" train_labels: "b" validation_images: "c" validation_labels: "d" }
       class_names: ["left", "%s", "right"] }
"""

FOLDER = """
inputs { name: "image" shape: [1, 12, 12] }
layers { name: "fc" dense { units: 2 } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.5 batch_size: 4 epochs: 8 }
data { png_folder { train: "pictures" validation: "pictures" } }
"""

ARRAYS = """
inputs { name: "image" shape: [1, 8, 8] }
layers { name: "fc" dense { units: 1 } }
loss { mean_squared_error {} }
training { batch_size: 4 }
data { npy { train_inputs: "x.npy" train_targets: "y.npy" validation_inputs: "x.npy" validation_targets: "y.npy" } %s }
"""

AUTOENCODER = """
inputs { name: "image" shape: 256 }
layers { name: "code" dense { units: 4 } }
layers { name: "picture" dense { units: 256 } }
loss { mean_squared_error {} }
training { learning_rate: 0.1 batch_size: 50 }
data { npy { train_inputs: "all.npy" train_targets: "all.npy" validation_inputs: "all.npy" validation_targets: "all.npy" } }
"""

WORDS = """
inputs { name: "tokens" shape: [4] type: I32 }
layers { name: "embed" embedding { vocabulary: %d units: 8 } }
layers { name: "memory" gru { units: 12 } }
layers { name: "next" dense { units: %d per_position: true } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.03 adam {} batch_size: 8 epochs: 12 }
data { text { file: "words.txt" level: WORD } }
"""
