-- SPDX-License-Identifier: Apache-2.0
-- Vaswani et al. 2017, arXiv:1706.03762: an encoder that reads, a decoder that writes.
local WIDTH = 32
local model = nn.Module {
  source = nn.Embedding (40, WIDTH),
  target = nn.Embedding (50, WIDTH),
  transformer = nn.Transformer (WIDTH, 4, 2, 2, { dim_feedforward = 64, dropout = 0, batch_first = true, is_causal = true }),
  head = nn.Linear (WIDTH, 50),
  forward = function (m, source, target) return m.head (m.transformer (m.source (source), m.target (target))) end,
}

curve (model, function (m) return optim.Adam (m, { lr = 1e-3 }) end, function (i)
  local source, target = classes ({ 6, 12 }, 40, 's' .. i), classes ({ 6, 10 }, 50, 't' .. i)
  return tl.cross_entropy (model (source, target):flatten (0, 1), classes ({ 60 }, 50, 'y' .. i))
end)
