"""Networks of what PyTorch has beside the usual layers: torch_training.py has them learn."""
import torch
from torch import nn
from torch.nn import functional as F


class Tied(nn.Module):
    """The rows of an embedding are the weights of the last layer, too."""

    def __init__(self):
        super().__init__()
        self.tokens, self.hidden = nn.Embedding(11, 8), nn.Linear(8, 8)

    def forward(self, i):
        return torch.relu(self.hidden(self.tokens(i))).cumsum(1) @ self.tokens.weight.t()


class Cells(nn.Module):
    """A loop in Python, which exporters write out."""

    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.out = nn.LSTMCell(5, 6), nn.GRUCell(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 6)
        c, s, outputs = torch.zeros_like(h), x.new_zeros(x.shape[0], 4), []
        for t in range(x.shape[1]):
            h, c = self.lstm(x[:, t], (h, c))
            s = self.gru(h, s)
            outputs.append(self.out(s))
        return torch.stack(outputs, 1)


class Squeeze(nn.Module):
    """Channels are weighed by what is in them, pictures padded by themselves."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect", groups=3)
        self.weigh, self.norm = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 6), nn.Sigmoid()), nn.BatchNorm2d(6)

    def forward(self, x):
        y = self.norm(self.inner(x))
        return (y * self.weigh(y.mean((2, 3)))[:, :, None, None]).amax(dim=3)


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.over, self.along, self.norm = nn.Linear(7, 7), nn.Linear(5, 10), nn.RMSNorm(5)
        self.gate = nn.Parameter(torch.randn(5))

    def forward(self, x):
        x = x + self.over(self.norm(x).transpose(1, 2)).transpose(1, 2)
        y = nn.functional.glu(self.along(x), -1) * torch.sigmoid(self.gate)
        return torch.where(y > 0, y, 0.1 * y) + torch.einsum("nti,nsi->nts", x, x).softmax(-1) @ x


class Metric(nn.Module):
    """Distances and angles."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 4), nn.Linear(6, 4, bias=False)

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        near = (a[:, None] - b[:, :, None]).square().sum(-1).add(1).log()
        return torch.cat([nn.functional.cosine_similarity(a, b, dim=1)[:, None], near, nn.functional.normalize(a, dim=1)], 1)


class First(nn.Module):
    def forward(self, pair):
        return pair[0]


class Cross(nn.Module):
    """Tokens look at pictures' patches, of which some are hidden."""

    def __init__(self):
        super().__init__()
        self.look, self.key = nn.MultiheadAttention(8, 2, dropout=0.0, batch_first=True), nn.Linear(5, 8)
        self.register_buffer("hidden", torch.ones(7, 7).triu(1).bool())

    def forward(self, x):
        y = self.key(x)
        return self.look(y, y.flip(1), y.tanh(), attn_mask=self.hidden)[0]


class Rotary(nn.Module):
    """Attention whose places are angles."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(5, 24, bias=False)
        angles = torch.arange(7)[:, None] * 10.0 ** -torch.arange(2)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def turned(self, x):
        a, b = x.chunk(2, -1)
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4).unbind(0)
        return F.scaled_dot_product_attention(self.turned(q), self.turned(k), v, is_causal=True).transpose(1, 2).flatten(2)


class Unet(nn.Module):
    """What goes down is cropped and put beside what comes up; the middle is applied twice."""

    def __init__(self):
        super().__init__()
        self.down, self.middle = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.up, self.last = nn.ConvTranspose2d(4, 4, 2, 2), nn.Conv2d(8, 2, 3)

    def forward(self, x):
        a = F.gelu(self.down(x), approximate="tanh")
        b = F.max_pool2d(a, 2)
        b = F.relu(self.middle(F.relu(self.middle(b))))
        return self.last(torch.cat([a[:, :, 1:-1, 1:-1], self.up(b)[:, :, 1:-1, 1:-1]], 1))


class Wave(nn.Module):
    """Gated convolutions that see nothing of what comes, each through a channel of its own."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(5, 6, 1)
        self.over = nn.ModuleList(nn.Conv1d(6, 12, 2, dilation=2**i, groups=6) for i in range(3))
        self.out, self.norm = nn.Conv1d(6, 6, 1), nn.BatchNorm1d(6)

    def forward(self, x):
        y, skips = self.first(x.transpose(1, 2)), 0
        for i, over in enumerate(self.over):
            a, b = over(F.pad(y, (2**i, 0))).chunk(2, 1)
            z = self.out(a.tanh() * b.sigmoid())
            y, skips = y + z, skips + z
        return self.norm(skips)


class Translate(nn.Module):
    """What an LSTM remembers of a sequence starts another."""

    def __init__(self):
        super().__init__()
        self.read, self.write = nn.LSTM(5, 6, num_layers=2), nn.LSTM(5, 6, num_layers=2)
        self.out = nn.Parameter(torch.randn(3, 6, 5))

    def forward(self, x):
        x = x.transpose(0, 1)
        _, state = self.read(x)
        y, (h, _) = self.write(x.roll(1, 0), state)
        return torch.einsum("tnh,khi,tni->ntk", torch.cat([y, h]), self.out, torch.cat([x, x[:2]]))


class Spatial(nn.Module):
    """Looks at a picture through a grid that it makes itself."""

    def __init__(self):
        super().__init__()
        self.where = nn.Sequential(nn.Flatten(), nn.Linear(192, 6))
        nn.init.normal_(self.where[1].weight, std=0.01)
        self.where[1].bias.data = torch.tensor([0.7, 0.2, 0.1, -0.2, 0.8, -0.1])

    def forward(self, x):
        y = F.affine_grid(self.where(x).view(-1, 2, 3), [2, 3, 6, 5], align_corners=False)
        return F.grid_sample(x, y, align_corners=False)


class Patches(nn.Module):
    """Patches that overlap, mixed and put back."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(27, 12)

    def forward(self, x):
        y = self.mix(F.unfold(x, 3, stride=1, padding=1).transpose(1, 2)).transpose(1, 2)
        return F.fold(y, (9, 9), 2)


class Modulated(nn.Module):
    """An embedding says how to scale and shift what a norm gives."""

    def __init__(self):
        super().__init__()
        self.kinds, self.norm, self.out = nn.Embedding(11, 12), nn.LayerNorm((6, 6), bias=False), nn.Linear(6, 4)

    def forward(self, i):
        scale, shift = self.kinds(i).chunk(2, -1)
        return F.log_softmax(self.out(self.norm(scale.exp()) * scale + shift), -1).logsumexp(1)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.widen = nn.Linear(5, 8)
        self.layer = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True, activation="gelu")

    def forward(self, x):
        y = self.widen(x)
        return self.layer(y, y[:, :4], tgt_mask=nn.Transformer.generate_square_subsequent_mask(7).to(y))


class Statistics(nn.Module):
    """What is known of a batch of rows, and little else."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(6, 5)

    def forward(self, x):
        y = self.a(x)
        top = y.topk(2, 1).values
        return torch.cat([y.std(1, keepdim=True), y.var(1, keepdim=True, unbiased=False), y.norm(dim=1, keepdim=True), top,
                          y.prod(1, keepdim=True), y.clamp(-0.3, 0.4), y.abs().sqrt(), torch.atan(y), y.masked_fill(y < 0, -1.0),
                          (y[:, :, None] * y[:, None]).flatten(1), y.repeat_interleave(2, 1), torch.minimum(y, -y)], 1)


def odd_networks():
    image, row = torch.randn(2, 3, 8, 8), torch.randn(2, 7, 5)
    yield "tied", Tied(), torch.randint(0, 11, (3, 6))
    yield "cells", Cells(), row
    yield "squeeze", Squeeze(), image
    yield "mixer", Mixer(), row
    yield "metric", Metric(), torch.randn(4, 6)
    yield "generator", nn.Sequential(
        nn.Linear(6, 32), nn.Unflatten(1, (8, 2, 2)), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.ConvTranspose2d(4, 2, 4, 2, 1, groups=2), nn.Tanh()), torch.randn(4, 6)
    yield "stacked-gru", nn.Sequential(nn.GRU(5, 6, num_layers=2, bidirectional=True, batch_first=True), First(), nn.Linear(12, 2)), row
    yield "unshuffle", nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 1), nn.GroupNorm(2, 4), nn.SELU(), nn.ZeroPad2d((1, 0, 2, -1)), nn.LPPool2d(2, 2)), image
    yield "cross", Cross(), row
    yield "rotary", Rotary(), row
    yield "unet", Unet(), image
    yield "wave", Wave(), row
    yield "translate", Translate(), row
    yield "spatial", Spatial(), image
    yield "patches", Patches(), image
    yield "modulated", Modulated(), torch.randint(0, 11, (3, 6))
    yield "decoder", Decoder(), row
    yield "statistics", Statistics(), torch.randn(4, 6)
    yield "video", nn.Sequential(
        nn.Conv3d(2, 4, 3, stride=(1, 2, 1), padding=1, groups=2), nn.GroupNorm(2, 4), nn.CELU(), nn.MaxPool3d(2),
        nn.ConvTranspose3d(4, 3, 2, 2), nn.BatchNorm3d(3), nn.AvgPool3d((4, 2, 3)), nn.Flatten(), nn.Linear(12, 3)), torch.randn(2, 2, 4, 8, 6)
    yield "pools", nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"), nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.PReLU(),
        nn.Conv2d(4, 4, (1, 3), stride=(1, 2), padding="valid"), nn.Softmax2d(), nn.MaxPool2d(2, 2, ceil_mode=True), nn.LogSigmoid()), image
    yield "local", nn.Sequential(
        nn.Conv2d(3, 6, 5, padding=2), nn.LocalResponseNorm(3), nn.Tanhshrink(), nn.InstanceNorm2d(6, affine=True),
        nn.Hardsigmoid(), nn.MaxPool2d(4), nn.Flatten(), nn.Dropout(0.0), nn.Linear(24, 3), nn.Softsign()), image
    yield "enlarge", nn.Sequential(
        nn.Conv2d(3, 2, 1), nn.Upsample(size=(5, 11), mode="bilinear", align_corners=True), nn.Conv2d(2, 2, 1),
        nn.Upsample(scale_factor=(1.5, 2), mode="nearest"), nn.Conv2d(2, 2, 3), nn.Upsample(size=(9, 9), mode="bicubic")), image
    yield "normed", nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, 5)), nn.Softshrink(0.1), nn.Hardshrink(0.1), nn.Linear(5, 2)), torch.randn(4, 6)
