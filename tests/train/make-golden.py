#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes metrics.golden: what scikit-learn makes of the batches of test-metrics-golden.c.

    python3 make-golden.py > metrics.golden

A line is: row, what is measured (classes, binary, labels, pixels, numbers, tokens), attributes, ";", the value.  BLEU is counted here.
"""
import math
from collections import Counter

import sklearn
from sklearn import metrics as m
from sklearn.preprocessing import label_binarize

N, C = 60, 5


def noise(i, j):
    """The same numbers as in the test, exact in f32."""
    return (i * 37 + j * 101 + i * j * 13) % 64 / 16 - 2


def softmax(row):
    e = [math.exp(x - max(row)) for x in row]
    return [x / sum(e) for x in e]


def classes():
    # Class 4 never is true and never is named.
    scores = [[noise(i, j) if j < 4 else -9 for j in range(C)] for i in range(N)]
    target = [(i * 7 + i // 5) % 4 for i in range(N)]
    return scores, target


def main():
    lines = []
    scores, target = classes()
    named = [max(range(C), key=lambda j: (row[j], -j)) for row in scores]
    probabilities = [softmax(row) for row in scores]
    for average in ('macro', 'micro', 'weighted'):
        for row, f in (('precision', m.precision_score), ('recall', m.recall_score), ('f1', m.f1_score), ('iou', m.jaccard_score)):
            lines.append((row, 'classes', f'average={average}', f(target, named, average=average, zero_division=0)))
    lines.append(('balanced_accuracy', 'classes', '', m.balanced_accuracy_score(target, named)))
    lines.append(('accuracy', 'classes', '', m.accuracy_score(target, named)))
    lines.append(('confusion_matrix', 'classes', '', m.accuracy_score(target, named)))
    # Of equal scores the first class counts here, the last in scikit-learn.
    turned = [row[::-1] for row in scores]
    lines.append(('top_k_accuracy', 'classes', 'k=2', m.top_k_accuracy_score([C - 1 - t for t in target], turned, k=2, labels=range(C))))
    four = [softmax(row) for row in scores]
    one_hot = label_binarize(target, classes=range(4))
    columns = [[p[j] for p in four] for j in range(4)]
    lines.append(('auc_roc', 'classes', '', sum(m.roc_auc_score(one_hot[:, j], columns[j]) for j in range(4)) / 4))
    lines.append(('average_precision', 'classes', '',
                  sum(m.average_precision_score(one_hot[:, j], columns[j]) for j in range(4)) / 4))
    raw = [[row[j] for row in scores] for j in range(4)]
    lines.append(('auc_roc', 'classes', 'from_logits=false', sum(m.roc_auc_score(one_hot[:, j], raw[j]) for j in range(4)) / 4))

    label = [t % 2 for t in target]
    score = [noise(i, 2) for i in range(N)]
    hit = [int(s >= 0.25) for s in score]
    for row, f in (('precision', m.precision_score), ('recall', m.recall_score), ('f1', m.f1_score), ('iou', m.jaccard_score)):
        lines.append((row, 'binary', 'average=binary threshold=0.25', f(label, hit)))
    lines.append(('balanced_accuracy', 'binary', 'threshold=0.25', m.balanced_accuracy_score(label, hit)))
    lines.append(('auc_roc', 'binary', '', m.roc_auc_score(label, score)))
    lines.append(('average_precision', 'binary', '', m.average_precision_score(label, score)))

    lines.append(('accuracy', 'binary', 'threshold=0.25', m.accuracy_score(label, hit)))
    lines.append(('f1', 'binary', 'average=macro threshold=0.25', m.f1_score(label, hit, average='macro')))

    # Label 2 never is true.
    scores = [[noise(i, j) for j in range(3)] for i in range(N)]
    labels = [[int(noise(i, j + 3) > 0) if j < 2 else 0 for j in range(3)] for i in range(N)]
    hits = [[int(s >= 0.25) for s in row] for row in scores]
    for average in ('macro', 'micro', 'weighted'):
        for row, f in (('precision', m.precision_score), ('recall', m.recall_score), ('f1', m.f1_score), ('iou', m.jaccard_score)):
            lines.append((row, 'labels', f'average={average} threshold=0.25', f(labels, hits, average=average, zero_division=0)))
    lines.append(('accuracy', 'labels', 'threshold=0.25', m.accuracy_score(labels, hits)))
    for row, f in (('auc_roc', m.roc_auc_score), ('average_precision', m.average_precision_score)):
        of_label = [f([l[j] for l in labels], [s[j] for s in scores]) for j in range(2)]
        lines.append((row, 'labels', '', sum(of_label) / 2))

    # Pixels: four classes, three by two pixels an item; the classes are axis 1, as for losses.
    pixels = [[[noise(i * 6 + p, j) for p in range(6)] for j in range(4)] for i in range(N)]
    wanted = [(i * 7 + p) % 4 for i in range(N) for p in range(6)]
    named = [max(range(4), key=lambda j: (item[j][p], -j)) for item in pixels for p in range(6)]
    lines.append(('accuracy', 'pixels', '', m.accuracy_score(wanted, named)))
    lines.append(('iou', 'pixels', '', m.jaccard_score(wanted, named, average='macro')))
    lines.append(('confusion_matrix', 'pixels', '', m.accuracy_score(wanted, named)))
    flat = [[item[j][p] for j in range(4)] for item in pixels for p in range(6)]
    lines.append(('top_k_accuracy', 'pixels', 'k=2',
                  sum(sum(s > row[w] or (s == row[w] and j < w) for j, s in enumerate(row)) < 2 for row, w in zip(flat, wanted)) / len(flat)))

    output = [[noise(i, j) for j in range(3)] for i in range(N)]
    wanted = [[noise(i, j) + noise(i, j + 7) / 4 for j in range(3)] for i in range(N)]
    lines.append(('r2', 'numbers', '', m.r2_score(wanted, output)))
    lines.append(('mse', 'numbers', '', m.mean_squared_error(wanted, output)))
    lines.append(('mae', 'numbers', '', m.mean_absolute_error(wanted, output)))
    lines.append(('rmse', 'numbers', '', math.sqrt(m.mean_squared_error(wanted, output))))
    lines.append(('loss', 'numbers', '', 0.75))
    lines.append(('perplexity', 'numbers', '', math.exp(0.75)))

    got = [[(i + j * j) % 5 for j in range(12)] for i in range(N)]
    want = [[(i + j * j + (j % 6 == 5)) % 5 if j < 8 + i % 5 else 9 for j in range(12)] for i in range(N)]
    hits, total, length, wanted_length = [0] * 4, [0] * 4, 0, 0
    for g, w in zip(got, want):
        w = w[:w.index(9)] if 9 in w else w
        length, wanted_length = length + len(g), wanted_length + len(w)
        for n in range(1, 5):
            a = Counter(tuple(g[i:i + n]) for i in range(len(g) - n + 1))
            b = Counter(tuple(w[i:i + n]) for i in range(len(w) - n + 1))
            hits[n - 1] += sum((a & b).values())
            total[n - 1] += sum(a.values())
    bleu = math.exp(min(0, 1 - wanted_length / length) + sum(math.log(h / t) for h, t in zip(hits, total)) / 4)
    lines.append(('bleu', 'tokens', 'ignore_index=9', bleu))

    print('# SPDX-License-Identifier: Apache-2.0')
    print(f'# Made by make-golden.py with scikit-learn {sklearn.__version__}.')
    for row, batch, attributes, value in lines:
        print(f'{row} {batch} {attributes}; {value:.17g}')


if __name__ == '__main__':
    main()
