local epochs, name <const> = 3, "adam"
run = fit { lenet, data = train, epochs = epochs, [1 + 2] = function (a, ...) return ..., a end }
for i = 1, 3 do if i % 2 == 0 then goto next end print (i) ::next:: end
