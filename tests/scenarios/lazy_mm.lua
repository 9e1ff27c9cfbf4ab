-- A kernel thread has no address space: it runs on the tables of whoever ran before it (active_mm).
local function active(name)
	for _, t in ipairs(tasks()) do
		if t.name == name then return t.active_mm end
	end
end
local a, b = spawn("a"), spawn("b")
a:mmap{len = PAGE}

step("After a step of a's, idle borrows a's tables; after one of b's, b's")
a:syscall("getpid")
expect.eq(active("swapper/0") or active("idle") or active("swapper"), "a")
expect.eq(a:counters().mm_users, 1)
expect.eq(a:counters().mm_count, 2)
b:syscall("getpid")
expect.eq(active("swapper/0") or active("idle") or active("swapper"), "b")
expect.eq(a:counters().mm_count, 1)

step("b dies while its tables are borrowed: the areas go at once, tables and struct with the borrower")
local tables = frames().table
b:exit(0)
local left = frames().table
expect(left < tables, "the lower tables are freed")

step("The next switch to another process ends the borrowing")
a:syscall("getpid")
expect.eq(frames().table, left - 1, "the top-level table")
