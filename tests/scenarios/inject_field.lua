-- Fields of the kernel's structures, read and changed from outside by their names in shared/layout.def. Each lie is
-- found, and named by the invariant whose matter it is; a restore makes it undone.
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
a:fill(p, 2 * PAGE, 1)
local b = a:fork()
b:write(p, 2)
local s = snapshot()

local function broken(ids, fn)
	expect.finding(ids, fn)
	restore(s)
	expect.eq(verify(), 0)
end

local vma, mm = inject.vma(a, p), inject.mm(a)
expect.eq(vma.vm_start, p)
expect.eq(vma.vm_end, p + 4 * PAGE)
expect.eq(mm.map_count, a:mm().map_count)
expect.eq(inject.page(a, p + PAGE)._mapcount, 1, "two map it")

step("an area one page longer than it is")
broken("total-vm, data-vm, *", function() inject.field(vma, "vm_end", vma.vm_end + PAGE) end)
step("counts")
broken("map-count", function() inject.field(mm, "map_count", mm.map_count + 1) end)
broken("mm-users", function() inject.field(mm, "mm_users", 2) end)
broken("rss, *", function() inject.field(mm, "rss_stat[1]", 0) end)
broken("frame-refs", function()
	local page = inject.page(a, p + PAGE)
	inject.field(page, "_refcount", page._refcount + 1)
end)
step("a lock that nobody gave back")
broken("mm-locks", function() inject.field(mm, "mmap_lock.count", -1) end)
step("rights that the page tables know nothing of")
broken("area-prot", function() inject.field(vma, "vm_page_prot", 0) end)
step("an area of another mm")
broken("area-mm", function() inject.field(vma, "vm_mm", inject.mm(b)) end)
step("by name, from the catalogue")
broken("anon-counts", function() inject.named("anon_vma.num_active_vmas+1") end)
broken("zone-free", function() inject.named("zone.nr_free+1") end)

step("what is no field, no object, no name is told so")
for _, fn in pairs{
	function() return vma.no_such_field end,
	function() inject.field(vma, "vm_rb", 0) end,
	function() inject.field(a, "vm_end", 0) end,
	function() inject.named("no such") end,
	function() inject.pte(a, p, 5, "p") end,
	function() inject.vma(a, 0) end,
} do
	local ok, why = pcall(fn)
	expect(not ok)
	print((why:gsub("^.-:%d+: ", "")))
end
