-- highest_vm_end: where the last area ends, so that the search for a gap above all areas needs no walk.
local a = spawn("a")
local top = 0x7ffffffff000
expect.eq(a:mm().highest_vm_end, top, "the stack ends at the end of user addresses")
step("Without the stack the next lower area counts")
local stack
for _, v in ipairs(a:maps()) do if v.name == "[stack]" then stack = v end end
local p = a:mmap{len = PAGE, prot = "r"}
a:munmap(stack.start, stack.len)
expect.eq(a:mm().highest_vm_end, p + PAGE)
a:munmap(p, PAGE)
expect(a:mm().highest_vm_end < p, "only the agent's areas are left")
step("It moves up again with what is mapped above")
a:mmap{len = PAGE, prot = "r", flags = "private,anon,fixed", addr = 0x700000000000}
expect.eq(a:mm().highest_vm_end, 0x700000001000)
