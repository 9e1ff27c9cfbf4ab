-- A pipe: 16 pages, filled and emptied; who finds nothing, or no room, sleeps, and its step ends as pending.
local a = spawn("a")
local r, w = a:pipe()
expect(r == 3 and w == 4)
local function state(bytes, buffers)
	local p = pipes()[1]
	expect.eq(p.bytes, bytes)
	expect.eq(p.buffers, buffers)
end

step("What is written can be read, in any pieces; small writes share a page")
a:write_fd(w, "hello ")
a:write_fd(w, "world")
state(11, 1)
expect.eq(a:read_fd(r, 3), "hel")
expect.eq(a:read_fd(r, 100), "lo world")
state(0, 0)
expect(pipes()[1].keeps_page)

step("Each end for its purpose, and no places in a stream")
expect.eq(select(2, a:read_fd(w, 1)), "EBADF")
expect.eq(select(2, a:write_fd(r, "x")), "EBADF")
expect.eq(select(2, a:lseek(r, 0)), "ESPIPE")
expect.eq(select(2, a:pread(r, 1, 0)), "ESPIPE")
expect.eq(select(2, a:ftruncate(w, 0)), "EINVAL")
expect.eq(select(2, a:mmap{len = PAGE, prot = "r", flags = "shared", fd = r}), "ENODEV")
expect.eq(a:fstat(r).mode, 4480)	-- S_IFIFO, 0600
expect.eq(a:fstat(r).ino, a:fstat(w).ino)

step("fork: both have both ends. The child sleeps until there is something")
local b = a:fork()
local h = b:start("read", r, "........", 8)
expect(not h:done())
a:write_fd(w, "ping")
expect(h:done())
local n, text = h:result()
expect.eq(text:sub(1, n), "ping")

step("A full pipe: the writer sleeps with part of its bytes written")
local buf = a:mmap{len = 17*PAGE}
a:fill(buf, 17*PAGE, 0x61)
h = a:start("write", w, buf, 17*PAGE)
expect(not h:done())
state(16*PAGE, 16)
expect.eq(#b:read_fd(r, 512), 512)
expect(not h:done())			-- a page must be empty, not just a part of it
local into = b:mmap{len = PAGE}
expect.eq(b:syscall("read", r, into, PAGE - 512), PAGE - 512)
expect(h:done())
expect.eq(h:result(), 17*PAGE)
state(16*PAGE, 16)

step("Two readers sleep: what comes wakes the one that waited longer, and what it leaves wakes the other")
into = b:mmap{len = 16*PAGE}
expect.eq(b:syscall("read", r, into, 16*PAGE), 16*PAGE)
local c = a:fork()
local h1 = c:start("read", r, "..", 2)
local h2 = b:start("read", r, "......", 6)
a:write_fd(w, "12345")
expect(h1:done() and h2:done())
expect.eq(select(2, h1:result()), "12")
expect.eq(select(2, h2:result()):sub(1, 3), "345")

step("The last writer gone: end of file, also for who sleeps")
h = b:start("read", r, "..", 2)
a:close(w)
c:close(w)
expect(not h:done())
c:exit(0)
expect(not h:done())			-- b itself could still write
local ok = pcall(b.close, b, w)
expect(not ok)				-- but it is asleep
a:kill("SIGKILL", b)
expect(not b:alive())
expect.eq(a:read_fd(r, 1), "")

step("Both ends gone: the pipe goes, with its pages")
expect.eq(#pipes(), 1)
a:close(r)
expect.eq(#pipes(), 0)
expect.eq(frames().pipe, 0)
