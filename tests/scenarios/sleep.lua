-- Time is virtual: it moves by tick().
local a, b = spawn("a"), spawn("b")
local h = a:start("nanosleep", string.pack("<I8I8", 0, 1000), 0)
local g = b:start("nanosleep", string.pack("<I8I8", 1, 0), 0)
expect(not h:done() and not g:done())

tick(999)
expect(not h:done())
tick(1)
expect(h:done() and not g:done())
expect.eq(h:result(), 0)

step("A second, in one tick")
tick(1000000000)
expect(g:done())

step("A signal cuts a sleep short")
h = a:start("nanosleep", string.pack("<I8I8", 5, 0), 0)
b:kill("SIGTERM", a)
expect(h:done() and not a:alive())
local _, how = h:result()
expect.eq(how, "gone")
