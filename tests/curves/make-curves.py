#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes curves.golden: the losses of 20 steps of each model in PyTorch, from weights and data that prelude.lua draws in the same way."""
import math
import pathlib
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional


def hash_of(text):
    value = 5381
    for byte in text.encode():
        value = (value * 33 + byte) % 0x80000000
    return value


def draw(n, key):
    x = numpy.arange(n, dtype=numpy.int64) + hash_of(key)
    for _ in range(3):
        x = (x * 1103515245 + 12345) & 0x7fffffff
        x ^= x >> 13
    return x


def noise(shape, key):
    return torch.from_numpy((draw(math.prod(shape), key) / 2 ** 30 - 1).reshape(shape))


def classes(shape, limit, key):
    return torch.from_numpy((draw(math.prod(shape), key) % limit).reshape(shape))


def path_of(name):
    """Lua counts the parts of a Sequential from 1; what is inside one of our layers counts as in PyTorch."""
    parts, inside = [], False
    for part in name.split('.'):
        inside = inside or part in ('transformer', 'lstm')
        parts.append(str(int(part) + 1) if part.isdigit() and not inside else part)
    return '.'.join(parts)


def fill(model, gain):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            shape, path = tuple(parameter.shape), path_of(name)
            u = noise(shape, path)
            if 'bias' in path:
                u = u * 0.1
            elif len(shape) == 1:
                u = u * 0.1 + 1
            else:
                u = u * math.sqrt(3 * shape[0] / math.prod(shape)) * (gain if len(shape) == 4 else 1)
            parameter.copy_(u.float())


def curve(model, optimizer, step, gain=1):
    fill(model, gain)
    rule = optimizer(model.parameters())
    losses = []
    for i in range(1, 21):
        rule.zero_grad()
        loss = step(model, i)
        loss.backward()
        rule.step()
        losses.append(loss.item())
    return losses


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3)


def pictures(batch, shape):
    def step(model, i):
        x, y = noise((batch, *shape), f'x{i}').float(), classes((batch,), 10, f'y{i}')
        return functional.cross_entropy(model(x), y)
    return step


class Block(nn.Module):
    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.downsample = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out)) if stride > 1 else None

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        short = self.downsample(x) if self.downsample is not None else x
        return torch.relu(self.bn2(self.conv2(y)) + short)


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        sizes = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
        for i, (n_in, n_out, stride) in enumerate(sizes):
            setattr(self, f'layer{i + 1}', nn.Sequential(Block(n_in, n_out, stride), Block(n_out, n_out, 1)))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def mlp():
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
    return curve(model, adam, pictures(32, (32,)))


def cnn():
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
                          nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 10))
    return curve(model, adam, pictures(16, (1, 28, 28)))


def resnet18():
    return curve(ResNet18(), lambda parameters: torch.optim.SGD(parameters, lr=1e-3), pictures(8, (3, 16, 16)), 16)


def of_tokens(scores, targets):
    return functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 32)
        self.lstm = nn.LSTM(32, 48, 2, batch_first=True)
        self.head = nn.Linear(48, 64)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])


def lstm():
    return curve(Recurrent(), adam,
                 lambda model, i: of_tokens(model(classes((8, 16), 64, f'x{i}')), classes((8, 16), 64, f'y{i}')))


class GPTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.fc, self.out = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x):
        n, length, width = x.shape
        q, k, v = self.qkv(self.ln1(x)).reshape(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(n, length, width))
        return x + self.out(functional.gelu(self.fc(self.ln2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(65, 64), nn.Embedding(32, 64)
        self.blocks = nn.Sequential(GPTBlock(64, 4), GPTBlock(64, 4))
        self.ln = nn.LayerNorm(64)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        return self.ln(self.blocks(x)) @ self.wte.weight.T


def gpt():
    return curve(GPT(), lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1),
                 lambda model, i: of_tokens(model(classes((4, 32), 65, f'x{i}')), classes((4, 32), 65, f'y{i}')))


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(40, 32), nn.Embedding(50, 32)
        self.transformer = nn.Transformer(32, 4, 2, 2, 64, 0, batch_first=True)
        self.head = nn.Linear(32, 50)

    def forward(self, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        return self.head(self.transformer(self.source(source), self.target(target), tgt_mask=mask))


def transformer():
    return curve(Translator(), adam, lambda model, i: of_tokens(model(classes((6, 12), 40, f's{i}'), classes((6, 10), 50, f't{i}')),
                                                                classes((60,), 50, f'y{i}')))


def lbfgs():
    model = nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 1))
    x = noise((64, 8), 'x').float()
    y = (x.sum(1, keepdim=True) * 0.5).sin() + x[:, :1]
    fill(model, 1)
    rule = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=1, history_size=5, line_search_fn='strong_wolfe')

    def closure():
        rule.zero_grad()
        loss = functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    return [rule.step(closure).item() for _ in range(20)]


MODELS = {'mlp': mlp, 'cnn': cnn, 'resnet18': resnet18, 'lstm': lstm, 'gpt': gpt, 'transformer': transformer, 'lbfgs': lbfgs}


def main():
    torch.set_num_threads(2)
    path = pathlib.Path(__file__).parent / 'curves.golden'
    lines = [f'# PyTorch {torch.__version__.split("+")[0]}: losses of 20 steps. Written by make-curves.py.']
    for name in sys.argv[1:] or MODELS:
        lines.append(' '.join([name] + [f'{loss:.9g}' for loss in MODELS[name]()]))
    path.write_text('\n'.join(lines) + '\n')


main()
