-- SPDX-License-Identifier: Apache-2.0
-- Radford et al. 2019, without dropout and biases; the embedding gives the scores too.
local VOCABULARY, LENGTH, WIDTH, HEADS, LAYERS = 65, 32, 64, 4, 2

local function block ()
  return nn.Module {
    ln1 = nn.LayerNorm (WIDTH), ln2 = nn.LayerNorm (WIDTH),
    qkv = nn.Linear (WIDTH, 3 * WIDTH, { bias = false }), proj = nn.Linear (WIDTH, WIDTH, { bias = false }),
    fc = nn.Linear (WIDTH, 4 * WIDTH, { bias = false }), out = nn.Linear (4 * WIDTH, WIDTH, { bias = false }),
    forward = function (m, x)
      local n, l = x.shape[1], x.shape[2]
      local parts = m.qkv (m.ln1 (x)):reshape ({ n, l, 3, HEADS, WIDTH // HEADS }):permute ({ 2, 0, 3, 1, 4 })
      local y = tl.scaled_dot_product_attention (parts:select (0, 0), parts:select (0, 1), parts:select (0, 2), { is_causal = true })
      x = x + m.proj (y:transpose (1, 2):reshape ({ n, l, WIDTH }))
      return x + m.out (m.fc (m.ln2 (x)):gelu ())
    end,
  }
end

local blocks = {}
for i = 1, LAYERS do blocks[i] = block () end
local model = nn.Module {
  wte = nn.Embedding (VOCABULARY, WIDTH),
  wpe = nn.Embedding (LENGTH, WIDTH),
  blocks = nn.Sequential (blocks),
  ln = nn.LayerNorm (WIDTH),
  forward = function (m, tokens)
    local x = m.wte (tokens) + m.wpe (tl.arange (tokens.shape[2]))
    return m.ln (m.blocks (x)):matmul (m.wte.weight:transpose (0, 1))
  end,
}

curve (model, function (m) return optim.AdamW (m, { lr = 1e-3, betas = { 0.9, 0.99 }, weight_decay = 0.1 }) end, function (i)
  local x, y = classes ({ 4, LENGTH }, VOCABULARY, 'x' .. i), classes ({ 4, LENGTH }, VOCABULARY, 'y' .. i)
  return tl.cross_entropy (model (x):flatten (0, 1), y:flatten (0, 1))
end)
