-- The eight cases of vma_merge(). P lies before the range (*), M and N are what it covers and what follows. In cases
-- 1 to 3 the range is new (mmap); in 4 to 8 it exists and its rights change (mprotect).
local a = spawn("a")
local base = 0x10000000
local areas = #a:maps()
local function map(page, pages, prot)
	a:mmap{len = pages*PAGE, prot = prot, flags = "private,anon,fixed", addr = base + page*PAGE}
end
-- What lies at the base now, as a picture: a letter per page, W for rw, R for r, '.' for nothing, '|' between areas.
local function picture(pages)
	local text, last = "", nil
	for i = 0, pages - 1 do
		local v = a:vma(base + i*PAGE)
		if i > 0 and v and last and v.start ~= last.start then text = text .. "|" end
		text = text .. (v == nil and "." or v.prot:find("w") and "W" or "R")
		last = v
	end
	return text
end
local function clear()
	a:munmap(base, 12*PAGE)
	expect.eq(#a:maps(), areas)
end

step("Case 1: PPPP****NNNN -> PPPPPPPPPPPP")
map(0, 4, "rw"); map(8, 4, "rw")
map(4, 4, "rw")
expect.eq(picture(12), "WWWWWWWWWWWW")
clear()

step("Case 2: PPPP**** -> PPPPPPPP")
map(0, 4, "rw")
map(4, 4, "rw")
expect.eq(picture(8), "WWWWWWWW")
clear()

step("Case 3: ****NNNN -> NNNNNNNN")
map(4, 4, "rw")
map(0, 4, "rw")
expect.eq(picture(8), "WWWWWWWW")
clear()

step("Case 4: PPPP****NNNN, the range is the end of P -> PPPPNNNNNNNN")
map(0, 12, "rw")
a:mprotect(base + 8*PAGE, 4*PAGE, "r")
expect.eq(picture(12), "WWWWWWWW|RRRR")
a:mprotect(base + 4*PAGE, 4*PAGE, "r")
expect.eq(picture(12), "WWWW|RRRRRRRR")
clear()

step("The same rights are not enough: what was writable once stays committed (VM_ACCOUNT), and N never was")
map(0, 8, "rw"); map(8, 4, "r")
a:mprotect(base + 4*PAGE, 4*PAGE, "r")
expect.eq(picture(12), "WWWW|RRRR|RRRR")
clear()

step("Case 5: PPPP****MMMM, the range is the start of M -> PPPPPPPPMMMM")
map(0, 4, "rw"); map(4, 8, "r")
a:mprotect(base + 4*PAGE, 4*PAGE, "rw")
expect.eq(picture(12), "WWWWWWWW|RRRR")
clear()

step("Case 6: PPPP****NNNN, the range is all of M -> PPPPPPPPPPPP")
map(0, 4, "rw"); map(4, 4, "r"); map(8, 4, "rw")
expect.eq(picture(12), "WWWW|RRRR|WWWW")
a:mprotect(base + 4*PAGE, 4*PAGE, "rw")
expect.eq(picture(12), "WWWWWWWWWWWW")
clear()

step("Case 7: the same, N does not fit -> PPPPPPPPNNNN")
map(0, 4, "rw"); map(4, 4, "r"); map(8, 4, "rx")
a:mprotect(base + 4*PAGE, 4*PAGE, "rw")
expect.eq(picture(12), "WWWWWWWW|RRRR")
clear()

step("Case 8: the same, P does not fit -> PPPPNNNNNNNN")
map(0, 4, "rx"); map(4, 4, "r"); map(8, 4, "rw")
a:mprotect(base + 4*PAGE, 4*PAGE, "rw")
expect.eq(picture(12), "RRRR|WWWWWWWW")
clear()

step("Neither: AAAA****BBBB stays three")
map(0, 4, "rx"); map(4, 4, "rw"); map(8, 4, "none")
a:mprotect(base + 4*PAGE, 4*PAGE, "r")
expect.eq(#a:maps(), areas + 3)
clear()
