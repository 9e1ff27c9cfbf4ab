-- MREMAP_DONTUNMAP of a part of a locked area: that part alone is unlocked and stands by itself; the rest stays locked and present.
-- both: below 6.2, as 6.1.192 does it; later kernels unlock the whole area, and merge what moves with what it leaves
local a = spawn("a")
local p = 0x10200000
a:mmap{len = 8*PAGE, flags = "private,anon,fixed", addr = p}
a:fill(p, 8*PAGE, 1)
a:mlock(p + 2*PAGE, 6*PAGE)
local q = a:mremap{addr = p + 4*PAGE, len = 2*PAGE, newlen = 2*PAGE, flags = "maymove,dontunmap"}
local function is(at, from, to, flags)
	local v = a:vma(at)
	expect.eq(v.start, from)
	expect.eq(v.stop, to)
	expect.eq(v.flags, flags)
end
is(p, p, p + 2*PAGE, "")
is(p + 2*PAGE, p + 2*PAGE, p + 4*PAGE, "locked")
is(p + 4*PAGE, p + 4*PAGE, p + 6*PAGE, "")
is(p + 6*PAGE, p + 6*PAGE, p + 8*PAGE, "locked")
is(q, q, q + 2*PAGE, "locked")
expect.eq(a:mm().locked_vm, 6)
expect.eq(a:read(q), 0x01)
expect(not a:pte(p + 4*PAGE))

step("At an end of it, beside one that looks alike: they do not become one")
a:mremap{addr = p + 2*PAGE, len = PAGE, newlen = PAGE, flags = "maymove,dontunmap"}
is(p + 2*PAGE, p + 2*PAGE, p + 3*PAGE, "")
expect.eq(a:mm().locked_vm, 6)

step("A range never touched moves beside its own area: they do not merge, nor does it with its other neighbour")
local r = 0x10300000
a:mmap{len = 2*PAGE, flags = "private,anon,fixed", addr = r}
a:mmap{len = PAGE, flags = "private,anon,fixed", addr = r + 3*PAGE}
a:mremap{addr = r, len = PAGE, newlen = PAGE, flags = "maymove,fixed,dontunmap", newaddr = r + 2*PAGE}
is(r, r, r + 2*PAGE, "")
is(r + 2*PAGE, r + 2*PAGE, r + 3*PAGE, "")
step("With another area it does")
a:mremap{addr = r, len = PAGE, newlen = PAGE, flags = "maymove,fixed,dontunmap", newaddr = r + 4*PAGE}
is(r + 4*PAGE, r + 3*PAGE, r + 5*PAGE, "")

step("Part of a locked area, moved beside it: the rest grows by it, the part itself does not")
local s = 0x10400000
a:mmap{len = 4*PAGE, prot = "r", flags = "private,anon,locked,fixed", addr = s}
a:mremap{addr = s + 2*PAGE, len = PAGE, newlen = PAGE, flags = "maymove,fixed,dontunmap", newaddr = s - PAGE}
is(s, s - PAGE, s + 2*PAGE, "locked")
is(s + 2*PAGE, s + 2*PAGE, s + 3*PAGE, "")
a:mremap{addr = s + 3*PAGE, len = PAGE, newlen = PAGE, flags = "maymove,fixed,dontunmap", newaddr = s + 4*PAGE}
is(s + 3*PAGE, s + 3*PAGE, s + 4*PAGE, "")
is(s + 4*PAGE, s + 4*PAGE, s + 5*PAGE, "locked")
