-- SPDX-License-Identifier: Apache-2.0
-- What the models of the curves share: numbers that make-curves.py draws in the same way, and the loop.

local function hash (text)
  local h = 5381
  for i = 1, #text do h = (h * 33 + text:byte (i)) % 0x80000000 end
  return h
end

-- n whole numbers below 2^31.
local function draw (n, key)
  local x = tl.arange (n, { dtype = 'i64' }) + hash (key)
  for _ = 1, 3 do
    x = (x * 1103515245 + 12345):bitwise_and (0x7fffffff)
    x = x:bitwise_xor (x:bitwise_right_shift (13))
  end
  return x
end

local function count (shape)
  local n = 1
  for _, size in ipairs (shape) do n = n * size end
  return n
end

-- Numbers from -1 to 1.
function noise (shape, key)
  return (draw (count (shape), key):to ('f64') / 2 ^ 30 - 1):reshape (shape)
end

-- Whole numbers below limit.
function classes (shape, limit, key)
  return draw (count (shape), key):remainder (limit):reshape (shape)
end

-- First values that depend on a parameter's path and shape alone; those of convolutions times gain.
local function fill (model, gain)
  for _, parameter in ipairs (model:parameters ()) do
    local shape, path = parameter.shape, parameter.path
    local u = noise (shape, path)
    if path:find ('bias', 1, true) then
      u = u * 0.1
    elseif #shape == 1 then
      u = u * 0.1 + 1
    else
      u = u * math.sqrt (3 * shape[1] / count (shape)) * (#shape == 4 and gain or 1)
    end
    parameter:set (u:to ('f32'))
  end
end

-- The same of fit, all data a step.
function curve_of_fit (model, rule, x, y, loss)
  tl.no_grad (function () model (x) end)
  fill (model, 1)
  fit { model, data = data.tensors (x, y), batch_size = x.shape[1], shuffle = false, epochs = 20, optimizer = rule, loss = loss,
        on_step = function (_, loss) print (string.format ('%.9g', loss)) end }
end

-- Prints the losses of 20 steps; the first call of step makes the layers' parameters.
function curve (model, optimizer, step, gain)
  tl.no_grad (step, 0)
  fill (model, gain or 1)
  local rule = optimizer (model)
  for i = 1, 20 do
    rule:zero_grad ()
    local loss = step (i)
    loss:backward ()
    rule:step ()
    print (string.format ('%.9g', loss:item ()))
  end
end
