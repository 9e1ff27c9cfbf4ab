-- /proc/PID/smaps: how the pages of each area are shared, written, kept. What is printed leaves out Referenced: some
-- processors set A on pages that nobody touched. That the guest's file is what the host makes of RAM, Referenced included,
-- is held by expect.proc after every change.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
local keys = {"Rss", "Pss", "Pss_Dirty", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "Anonymous",
	      "LazyFree", "Locked"}
local function show(task, p)
	local record = task:proc("smaps"):match(string.format("(%08x%%-.-VmFlags:[^\n]*)", p))
	local text = "  " .. record:match("%S+ %S+")
	for _, key in ipairs(keys) do
		local kb = record:match("\n" .. key .. ": *(%d+) kB")
		if kb ~= "0" then text = text .. " " .. key .. " " .. kb end
	end
	print(text .. " |" .. record:match("VmFlags:(.*)"))
end

step("an area by its pages: two written, one read (the zero page counts nowhere), one not there")
p = a:mmap{len=4*PAGE}
a:write(p, 1)
a:write(p + PAGE, 1)
a:read(p + 2*PAGE)
show(a, p)
expect.proc(a)

step("fork: each page is two processes' now, and half of it is each one's part")
b = a:fork()
show(a, p)
show(b, p)
expect.proc(a)
expect.proc(a, b)

step("a write takes one back")
a:write(p, 2)
show(a, p)
show(b, p)
expect.proc(a)
expect.proc(b)

step("a third: thirds")
c = b:fork()
show(b, p)
expect.proc(c, b)
c:exit(0)
b:wait()

step("no rights: the pages stay")
b:mprotect(p, 4*PAGE, "none")
show(b, p)
expect.proc(b)

step("locked memory counts by its part, too")
a:mlock(p, PAGE)
show(a, p)
show(a, p + PAGE)
expect.proc(a)
a:munlock(p, PAGE)

step("pages that may be dropped when memory is short are clean, until they are written")
a:madvise(p, PAGE, "free")
show(a, p)
expect.proc(a)
a:write(p, 3)
show(a, p)
expect.proc(a)

step("pages of a file: read, written to the file, copied")
f = a:open("/f", "rw,creat")
a:pwrite(f, "text", 0)
a:ftruncate(f, 3*PAGE)
s = a:mmap{len=3*PAGE, fd=f, flags="shared"}
r = a:mmap{len=3*PAGE, fd=f, flags="private"}
a:read(s + PAGE)
show(a, s)
a:write(s + PAGE, 1)
show(a, s)
a:read(r + PAGE)
a:write(r + 2*PAGE, 1)
show(a, r)
show(a, s)
expect.proc(a)

step("the entry goes, and the page of the file remembers that it was written")
a:munmap(s, 3*PAGE)
show(a, r)
expect.proc(a)

step("what advice leaves on an area")
d = a:mmap{len=2*PAGE}
a:madvise(d, PAGE, "dontfork")
a:madvise(d, PAGE, "dontdump")
a:madvise(d, PAGE, "sequential")
show(a, d)
a:madvise(d + PAGE, PAGE, "wipeonfork")
show(a, d + PAGE)
expect.proc(a)

step("the sum")
print((a:proc("smaps_rollup"):gsub("Referenced:[^\n]*\n", "")))
