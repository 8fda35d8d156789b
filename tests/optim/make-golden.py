#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes optimizers.golden: what PyTorch's optimizers make of one parameter in ten steps, in double; those that
compute the loss themselves in twenty, of Rosenbrock's function.

    python3 make-golden.py > optimizers.golden

A line is: row, attributes as `trellis` reads them, ";", the parameter after the last step.  Parameter and gradients are those of
test-golden.c.  Rows that PyTorch lacks are computed here from their papers.
"""
import math

import torch

SHAPE = (3, 4)
STEPS = 10


def start():
    return torch.tensor([math.cos(i) for i in range(12)], dtype=torch.float64).reshape(SHAPE)


def gradient(step):
    values = [math.sin(1 + 3 * step + i) * (10 if i % 5 == 2 else 1) for i in range(12)]
    return torch.tensor(values, dtype=torch.float64).reshape(SHAPE)


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, params, **options):
        super().__init__(params, dict({'lr': 1e-4, 'betas': (0.9, 0.99), 'weight_decay': 0}, **options))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group['betas']
            for p in group['params']:
                m = self.state[p].setdefault('m', torch.zeros_like(p))
                update = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                p -= group['lr'] * (update + group['weight_decay'] * p)
                m.copy_(beta2 * m + (1 - beta2) * p.grad)


class LAMB(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, with phi the identity."""

    def __init__(self, params, **options):
        super().__init__(params, dict({'lr': 1e-3, 'betas': (0.9, 0.999), 'eps': 1e-6, 'weight_decay': 0}, **options))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group['betas']
            for p in group['params']:
                s = self.state[p]
                m = s.setdefault('m', torch.zeros_like(p))
                v = s.setdefault('v', torch.zeros_like(p))
                s['t'] = t = s.get('t', 0) + 1
                m.copy_(beta1 * m + (1 - beta1) * p.grad)
                v.copy_(beta2 * v + (1 - beta2) * p.grad ** 2)
                r = m / (1 - beta1 ** t) / (torch.sqrt(v / (1 - beta2 ** t)) + group['eps'])
                r = r + group['weight_decay'] * p
                wn, rn = p.norm(), r.norm()
                ratio = wn / rn if wn > 0 and rn > 0 else 1
                p -= group['lr'] * ratio * r


class Muon(torch.optim.Optimizer):
    """Jordan et al. 2024, as torch.optim.Muon, which rounds to 16 bits on the way; here nothing is rounded."""

    def __init__(self, params, **options):
        defaults = {'lr': 1e-3, 'weight_decay': 0.1, 'momentum': 0.95, 'nesterov': True}
        super().__init__(params, dict(defaults, **options))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group['params']:
                m = self.state[p].setdefault('m', torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group['momentum'])
                x = p.grad.lerp(m, group['momentum']) if group['nesterov'] else m.clone()
                x = x.T if x.shape[0] > x.shape[1] else x
                x = x / x.norm().clamp(min=1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
                x = x.T if p.shape[0] > p.shape[1] else x
                p *= 1 - group['lr'] * group['weight_decay']
                p -= group['lr'] * math.sqrt(max(1, p.shape[0] / p.shape[1])) * x


def rosenbrock(p):
    x = p.flatten()
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


OWN = {'Lion': Lion, 'LAMB': LAMB, 'Muon': Muon}
CASES = [
    ('SGD', {'lr': 0.1, 'momentum': 0.9, 'weight_decay': 0.01, 'nesterov': True}),
    ('SGD', {'lr': 0.1, 'momentum': 0.8, 'dampening': 0.3, 'maximize': True}),
    ('Adam', {'lr': 0.05, 'betas': (0.8, 0.95), 'weight_decay': 0.1}),
    ('Adam', {'lr': 0.05, 'amsgrad': True}),
    ('AdamW', {'lr': 0.05, 'weight_decay': 0.2}),
    ('Adamax', {'lr': 0.05, 'betas': (0.8, 0.95), 'weight_decay': 0.1}),
    ('Adamax', {'maximize': True}),
    ('NAdam', {'lr': 0.05}),
    ('NAdam', {'lr': 0.05, 'betas': (0.8, 0.95), 'momentum_decay': 0.1, 'weight_decay': 0.1}),
    ('NAdam', {'lr': 0.05, 'weight_decay': 0.1, 'decoupled_weight_decay': True}),
    ('RAdam', {'lr': 0.05}),
    ('RAdam', {'lr': 0.05, 'betas': (0.8, 0.95), 'weight_decay': 0.1}),
    ('RAdam', {'lr': 0.05, 'weight_decay': 0.1, 'decoupled_weight_decay': True}),
    ('RMSprop', {'lr': 0.02}),
    ('RMSprop', {'lr': 0.02, 'alpha': 0.9, 'momentum': 0.9, 'weight_decay': 0.1}),
    ('RMSprop', {'lr': 0.02, 'centered': True, 'maximize': True}),
    ('RMSprop', {'lr': 0.02, 'centered': True, 'momentum': 0.5, 'eps': 1e-5}),
    ('Adagrad', {'lr': 0.1}),
    ('Adagrad', {'lr': 0.1, 'lr_decay': 0.1, 'weight_decay': 0.1, 'initial_accumulator_value': 0.5}),
    ('Adadelta', {}),
    ('Adadelta', {'lr': 0.5, 'rho': 0.8, 'weight_decay': 0.1}),
    ('Rprop', {'lr': 0.05}),
    ('Rprop', {'lr': 0.05, 'etas': (0.4, 1.5), 'step_sizes': (0.01, 0.2)}),
    ('Lion', {'lr': 0.05}),
    ('Lion', {'lr': 0.05, 'betas': (0.8, 0.95), 'weight_decay': 0.1}),
    ('LAMB', {'lr': 0.05}),
    ('LAMB', {'lr': 0.05, 'betas': (0.8, 0.95), 'weight_decay': 0.1}),
    ('Adafactor', {'lr': 0.05}),
    ('Adafactor', {'lr': 0.05, 'beta2_decay': -0.5, 'd': 1.5, 'weight_decay': 0.1}),
    ('Muon', {'lr': 0.05}),
    ('Muon', {'lr': 0.05, 'momentum': 0.8, 'nesterov': False, 'weight_decay': 0}),
    ('LBFGS', {'line_search_fn': 'strong_wolfe', 'max_iter': 2}),
    ('LBFGS', {'line_search_fn': 'strong_wolfe', 'max_iter': 3, 'history_size': 3}),
    ('LBFGS', {'line_search_fn': 'strong_wolfe'}),
    ('LBFGS', {'lr': 0.1, 'max_iter': 4}),
]


def text(value):
    if isinstance(value, tuple):
        return '{' + ','.join(text(v) for v in value) + '}'
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else repr(value)


def main():
    torch.set_default_dtype(torch.float64)  # NAdam keeps a number in it
    print('# SPDX-License-Identifier: Apache-2.0')
    print(f'# Made by make-golden.py with PyTorch {torch.__version__.split("+")[0]}.')
    for name, options in CASES:
        p = torch.nn.Parameter(start())
        optimizer = OWN.get(name) or getattr(torch.optim, name)
        optimizer = optimizer([p], **options)

        def closure():
            optimizer.zero_grad()
            loss = rosenbrock(p)
            loss.backward()
            return loss

        for step in range(20 if name == 'LBFGS' else STEPS):
            p.grad = gradient(step)
            optimizer.step(*([closure] if name == 'LBFGS' else []))
        attributes = ' '.join(f'{k}={text(v)}' for k, v in options.items())
        print(f'{name} {attributes}; ' + ' '.join(f'{v:.17g}' for v in p.detach().flatten().tolist()))


if __name__ == '__main__':
    main()
