-- SPDX-License-Identifier: Apache-2.0
-- The part of the cells' library that is written in Lua.  It is called once with what C offers, and gives the function that turns
-- values into text.
local internal = ...
local getmetatable, ipairs, next, pairs, rawget, select, setmetatable, tostring, type =
  getmetatable, ipairs, next, pairs, rawget, select, setmetatable, tostring, type
local concat, sort = table.concat, table.sort
local format = string.format

-- Values as text

local MAX_ITEMS, MAX_DEPTH = 40, 3

local function text_of (value, depth)
  if type (value) == 'string' then
    return depth > 0 and format ('%q', value) or value
  elseif type (value) ~= 'table' then
    return tostring (value)
  end
  local meta = getmetatable (value)
  if type (meta) == 'table' and rawget (meta, '__tostring') then return tostring (value) end
  if depth >= MAX_DEPTH then return '{…}' end
  local parts, n = {}, #value
  for i = 1, n do
    if #parts >= MAX_ITEMS then break end
    parts[#parts + 1] = text_of (value[i], depth + 1)
  end
  for key, item in next, value do
    if #parts >= MAX_ITEMS then
      parts[#parts + 1] = '…'
      break
    end
    if type (key) == 'string' then
      parts[#parts + 1] = key .. ' = ' .. text_of (item, depth + 1)
    elseif math.type (key) ~= 'integer' or key < 1 or key > n then
      parts[#parts + 1] = '[' .. tostring (key) .. '] = ' .. text_of (item, depth + 1)
    end
  end
  return '{ ' .. concat (parts, ', ') .. ' }'
end

local function text (...)
  local parts = {}
  for i = 1, select ('#', ...) do parts[i] = text_of ((select (i, ...)), 0) end
  return concat (parts, '\t')
end

-- Modules: what belongs to a table

local function by_name (a, b)
  if type (a) == type (b) then return a < b end
  return type (a) == 'number'
end

local function collect_into (node, path, list, seen)
  if seen[node] then return end
  if type (node) == 'userdata' then
    local kind = internal.kind (node)
    if kind ~= 'layer' and kind ~= 'model' and kind ~= 'parameter' then return end
    seen[node] = true
    if path ~= '' then internal.rename (node, path) end
    for _, variable in ipairs (internal.variables (node)) do list[#list + 1] = variable end
  elseif type (node) == 'table' then
    seen[node] = true
    local keys = {}
    for key, value in next, node do
      local of = type (value)
      if (of == 'userdata' or of == 'table') and (type (key) == 'string' or math.type (key) == 'integer') then keys[#keys + 1] = key end
    end
    sort (keys, by_name)
    -- A list that is no module, as for an optimizer, names nothing: the next list has a 1, too.
    local names_nothing = path == '' and getmetatable (node) == nil
    for _, key in ipairs (keys) do
      local inner = names_nothing and type (key) == 'number' and '' or tostring (key)
      collect_into (node[key], path ~= '' and path .. '.' .. inner or inner, list, seen)
    end
  end
end

-- All variables of a layer, model, module, parameter, or list of them.
function internal.collect (node)
  local list = {}
  collect_into (node, '', list, {})
  return list
end

local function foreach_handle (node, func, seen)
  if seen[node] then return end
  if type (node) == 'userdata' then
    seen[node] = true
    func (node)
  elseif type (node) == 'table' then
    seen[node] = true
    if type (rawget (node, 'training')) == 'boolean' then func (node) end
    for _, value in next, node do
      if type (value) == 'table' or type (value) == 'userdata' then foreach_handle (value, func, seen) end
    end
  end
end

local function set_mode (self, training)
  foreach_handle (self, function (node)
    if type (node) == 'table' then
      node.training = training
    else
      internal.set_training (node, training)
    end
  end, {})
  return self
end

local methods = {}

function methods.parameters (self)
  local list = {}
  for _, variable in ipairs (internal.collect (self)) do
    if internal.variable_kind (variable) == 'parameter' then list[#list + 1] = variable end
  end
  return list
end

function methods.state (self)
  local state = {}
  for _, variable in ipairs (internal.collect (self)) do state[variable.path] = variable end
  return state
end

function methods.train (self, training) return set_mode (self, training ~= false) end

function methods.eval (self) return set_mode (self, false) end

function methods.zero_grad (self)
  for _, variable in ipairs (internal.collect (self)) do internal.clear_grad (variable) end
end

for name, method in pairs (methods) do
  internal.layer_methods[name] = method
  internal.model_methods[name] = method
end

local module = { __name = 'module', __index = methods, __call = internal.module_call }

-- Of tensors the kind and the sizes; their values are looked at one by one.
local function part_text (value)
  local kind = internal.kind (value)
  if kind ~= 'tensor' and kind ~= 'parameter' then return (tostring (value):gsub ('\n', '\n  ')) end
  return format ('%s %s [%s]', kind, value.dtype, concat (value.shape, ', '))
end

function module.__tostring (self)
  local lines = {}
  for key, value in next, self do
    if type (value) == 'userdata' or (type (value) == 'table' and getmetatable (value) == module) then
      lines[#lines + 1] = { key, '  ' .. tostring (key) .. ' = ' .. part_text (value) }
    end
  end
  sort (lines, function (a, b) return by_name (a[1], b[1]) end)
  for i, line in ipairs (lines) do lines[i] = line[2] end
  return 'module {\n' .. concat (lines, '\n') .. '\n}'
end

function nn.Module (fields)
  fields = fields or {}
  if fields.training == nil then fields.training = true end
  return setmetatable (fields, module)
end

local function forward_all (self, ...)
  if self[1] == nil then return ... end
  local values = table.pack (self[1] (...))
  for i = 2, #self do values = table.pack (self[i] (table.unpack (values, 1, values.n))) end
  return table.unpack (values, 1, values.n)
end

function nn.Sequential (...)
  local layers = { ... }
  if select ('#', ...) == 1 and type (layers[1]) == 'table' and getmetatable (layers[1]) == nil then layers = layers[1] end
  layers.forward = forward_all
  return nn.Module (layers)
end

-- A list is a module that runs nothing: what is in it belongs to the module around it.
function nn.ModuleList (...)
  local layers = { ... }
  if select ('#', ...) == 1 and type (layers[1]) == 'table' and getmetatable (layers[1]) == nil then layers = layers[1] end
  return nn.Module (layers)
end

local function forward_residual (self, x, ...)
  local y = self.layer (x, ...)
  if self.shortcut then return y + self.shortcut (x) end
  return y + x
end

function nn.Residual (layer, shortcut)
  return nn.Module { layer = layer, shortcut = shortcut, forward = forward_residual }
end

-- Items of the first two axes are one long list for the layer, whose rows are then put back: [n, t, ...] -> [n, t, ...].
local function forward_each (self, x)
  local steps = x:size (1)
  return self.layer (x:flatten (0, 1)):unflatten (0, { -1, steps })
end

function nn.TimeDistributed (layer)
  return nn.Module { layer = layer, forward = forward_each }
end

-- Training

local run = { __name = 'run' }

function run.__tostring (self)
  local lines = {}
  for i, epoch in ipairs (self.history) do
    local names, values = {}, {}
    for name in pairs (epoch) do if name ~= 'epoch' then names[#names + 1] = name end end
    sort (names)
    for k, name in ipairs (names) do values[k] = format ('%s %.4f', name, epoch[name]) end
    if i <= 3 or i > #self.history - 3 then
      lines[#lines + 1] = format ('epoch %d  %s', epoch.epoch, concat (values, '  '))
    elseif i == 4 then
      lines[#lines + 1] = '…'
    end
  end
  if self.model_path then lines[#lines + 1] = 'model: ' .. self.model_path end
  return concat (lines, '\n')
end

local function fail (code, ...) internal.fail (code, format (...)) end

local function check_options (options)
  local known = {}
  for _, name in ipairs (internal.fit_options) do known[name] = true end
  for key in next, options do
    if key ~= 1 and not known[key] then internal.no_option (tostring (key)) end
  end
end

function fit (options)
  if type (options) ~= 'table' then fail (internal.codes.value, 'fit: options are wanted: fit { model, data = train, epochs = 3 }') end
  check_options (options)
  local model = options[1]
  if model == nil then model = options.model end
  local kind = internal.kind (model)
  if model == nil then
    fail (internal.codes.value, 'fit: a model is wanted first: fit { model, data = train }')
  elseif kind ~= 'model' and kind ~= 'layer' and type (model) ~= 'table' and type (model) ~= 'function' then
    fail (internal.codes.value, 'fit: a %s is no model', kind or type (model))
  end
  local data, test = options.data, options.validate
  if internal.kind (data) ~= 'data set' then fail (internal.codes.value, 'fit: data = must be a data set') end
  if test ~= nil and internal.kind (test) ~= 'data set' then fail (internal.codes.value, 'fit: validate = must be a data set') end
  local result = setmetatable ({ history = {} }, run)
  internal.train (options, model, result)
  if kind ~= nil or type (model) == 'table' then set_mode (model, false) end
  return result
end

return text
