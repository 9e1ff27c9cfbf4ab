-- Bits of page-table entries, changed from outside at every level: the MMU goes by what stands there, for ring 3 and for
-- ring 0 alike, and the verifier names each.
local a = spawn()
local fd = a:memfd("m")
local p = a:mmap{addr = 0x100000000000, len = 3 * PAGE, prot = "rw", flags = "private,anon,fixed"}
a:write(p, "\1")
a:write(p + PAGE, "\2")
local s = snapshot()
-- Ring 0 copies the byte at p for a system call.
local function ring0() return a:syscall("pwrite64", fd, p, 1, 0) end

step("a leaf that ring 3 may not use")
expect.finding("leaf-user", function()
	inject.pte(a, p, 1, "us")
	expect.fault(function() return a:read(p) end, {signal = "SIGSEGV", code = "SEGV_ACCERR", addr = p})
end)
restore(s)
expect.eq(a:read(p), 1)

step("a leaf that is gone: the kernel takes the page for one never touched")
expect.finding("frame-maps, frame-refs, rss, *", function()
	inject.pte(a, p, 1, {value = 0})
	expect.eq(a:read(p), 0)
end)
restore(s)
expect.eq(a:read(p), 1)

step("two leaves exchanged: bytes change places for ring 3, and for ring 0")
expect.finding("leaf-index, *", function()
	inject.named("pte<>other", 2)
	print("ring 3 reads", a:read(p), "and", a:read(p + PAGE))
end)
restore(s)

step("a frame that is another's")
local other = a:pte(p + PAGE).pfn << 12
expect.finding("frame-maps, frame-refs, leaf-exclusive, leaf-index, *", function()
	inject.pte(a, p, 1, {value = other | 0x8000000000000867})
	expect.eq(a:read(p), 2, "ring 3 goes by the new entry")
	expect.eq(ring0(), 1)
	expect.eq(a:pread(fd, 1, 0):byte(), 2, "and so does ring 0")
end)
restore(s)

step("upper levels: nothing below is reached, by anybody")
for level = 2, 4 do
	expect.finding("entry-zero, table-once, pgtables-bytes, *", function()
		inject.pte(a, p, level, "p")
	end)
	restore(s)
	expect.finding("table-rights, leaf-user, *", function()
		inject.pte(a, p, level, "us")
		expect.fault(function() return a:read(p) end, {signal = "SIGSEGV"})
	end)
	restore(s)
	expect.finding("table-rights, *", function()
		inject.pte(a, p, level, "rw")
		expect.eq(a:read(p), 1)
	end)
	restore(s)
	expect.eq(a:read(p), 1)
	a:write(p, "\1")
end
