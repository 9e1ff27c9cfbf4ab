-- What operations cost, in instructions: on QEMU with -icount a RDTSC counts them, ring 3 and ring 0 alike. Each line
-- that is printed is `cost NAME COUNT`, without what the two RDTSC themselves take. tests/bench/ops runs this.
local a = spawn("bench")
local CODE = a:mmap{len = 2 * PAGE, prot = "rwx", flags = "private,anon"}
local DATA = CODE + PAGE
a:write(DATA, 0)

local function q(opcode, value) return opcode .. string.pack("<i8", value) end
local function call(nr, ...)
	local registers = {"\x48\xbf", "\x48\xbe", "\x48\xba", "\x49\xba", "\x49\xb8", "\x49\xb9"}
	local code = ""
	for i, value in ipairs{...} do code = code .. q(registers[i], value) end
	return code .. q("\x48\xb8", nr) .. "\x0f\x05"
end
local function store(at) return q("\x48\xbf", at) .. "\xc6\x07\x01" end	-- mov byte [rdi], 1
local function load(at) return q("\x48\xbf", at) .. "\x8a\x07" end		-- mov al, [rdi]

local CLOCK = "\x0f\x31\x48\xc1\xe2\x20\x48\x09\xd0"				-- rdtsc; shl rdx, 32; or rax, rdx
local function run(code)
	for at = 1, #code, 128 do a:write(CODE + at - 1, code:sub(at, at + 127)) end
	return a:run(CODE)
end
-- Code before and after is not counted.
local function time(code, before, after)
	return run((before or "") .. CLOCK .. "\x49\x89\xc4" .. code .. CLOCK .. "\x4c\x29\xe0" ..	-- r12; sub rax, r12
		   (after and "\x49\x89\xc4" .. after .. "\x4c\x89\xe0" or "") .. "\xc3")
end
time("")		-- once before it counts: the page of the code is touched
local nothing = time("")
local function cost(name, ...) print(string.format("cost %s %d", name, time(...) - nothing)) end

local ANON, FIXED, RW, R = 0x22, 0x32, 3, 1
local MMAP, MPROTECT, MUNMAP = 9, 10, 11
local map_unmap = call(MMAP, 0, PAGE, RW, ANON, -1, 0) .. "\x48\x89\xc7" ..	-- mov rdi, rax
		  q("\x48\xbe", PAGE) .. q("\x48\xb8", MUNMAP) .. "\x0f\x05"

cost("getppid", call(110))

local p = a:mmap{len = 64 * PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
cost("write-fault-of-a-frame-known-zero", store(p + PAGE))
cost("zero-page-read-fault", load(p + 2 * PAGE))
cost("mmap+munmap", map_unmap)
cost("mprotect-split-and-merge", call(MPROTECT, p + 8 * PAGE, PAGE, R) .. call(MPROTECT, p + 8 * PAGE, PAGE, RW))

-- Frames that were used and freed: they must be cleared.
for i = 16, 31 do a:write(p + i * PAGE, 1) end
a:munmap(p + 16 * PAGE, 16 * PAGE)
cost("write-fault-with-its-clearing", store(p + 3 * PAGE))

local b = a:fork()
cost("COW-copy-with-its-copying", store(p))
b:exit(0)
a:wait()
cost("COW-reuse", store(p + PAGE))

-- A handler that steps over the three bytes of the store, and its restorer.
local HANDLER, RESTORER, ACTION, OLD = DATA + 0x100, DATA + 0x140, DATA + 0x200, DATA + 0x300
a:write(HANDLER, "\x48\x83\x82\xa8\x00\x00\x00\x03\xc3")			-- add qword [rdx + RIP of ucontext], 3
a:write(RESTORER, "\xb8\x0f\x00\x00\x00\x0f\x05")
a:write(ACTION, string.pack("<i8i8i8i8", HANDLER, 0x04000004, RESTORER, 0))
cost("SIGSEGV-to-handler-and-back", store(0x100000), call(13, 11, ACTION, OLD, 8), call(13, 11, OLD, 0, 8))

-- fork, counted in the parent; the child ends at once.
local fork = q("\x48\xb8", 57) .. "\x0f\x05\x85\xc0\x75\x09\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05"
local function forks()
	local n = time(fork) - nothing
	a:wait()
	return n
end
local few = forks()
local q64 = a:mmap{len = 512 * PAGE, prot = "rw", flags = "private,anon,populate"}
local many = forks()
print(string.format("cost fork %d", few))
print(string.format("cost fork-per-further-mapped-page %.0f", (many - few) / 512))
a:munmap(q64, 512 * PAGE)

-- Areas of one page, every other page free: none merges. r13 counts them, r14 is where the next one goes.
local AREAS, made = 0x10000000000, 0
local function areas_until(n)
	run(q("\x49\xbd", n - made) .. q("\x49\xbe", AREAS + made * 2 * PAGE) ..
	    "\x4c\x89\xf7" .. q("\x48\xbe", PAGE) .. q("\x48\xba", RW) .. q("\x49\xba", FIXED) ..
	    q("\x49\xb8", -1) .. q("\x49\xb9", 0) .. q("\x48\xb8", MMAP) .. "\x0f\x05" ..
	    "\x49\x81\xc6\x00\x20\x00\x00\x49\xff\xcd\x75\xb3\xc3")		-- add r14, 0x2000; dec r13; jnz
	made = n
end
for _, n in ipairs{200, 2000, 20000, 60000} do
	areas_until(n)
	local middle = AREAS + (n // 3) * 2 * PAGE
	a:read(middle)			-- the table is there; the area looked up last is another one
	cost("read-fault-among-" .. n, load(middle + 2 * PAGE))
	cost("mmap+munmap-among-" .. n, map_unmap)
end
