/* SPDX-License-Identifier: MIT */
/*
 * Where a program finds itself: its areas, and what the kernel tells it of them. Devices and inodes are left out, as is what the
 * guest does not map (the vDSO).
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static int is_kernels(const char *name)
{
	return strncmp(name, "[v", 2) == 0;
}

int main(int argc, char **argv)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], range[64], rights[8], offset[32], name[256];

	while (maps && fgets(line, sizeof(line), maps)) {
		name[0] = 0;
		sscanf(line, "%63s %7s %31s %*s %*s %255[^\n]", range, rights, offset, name);
		if (!is_kernels(name))
			printf("%s %s %s %s\n", range, rights, offset, name);
	}
	printf("base %lx, entry %lx, headers %lu at %lx\n", getauxval(AT_BASE), getauxval(AT_ENTRY), getauxval(AT_PHNUM),
	       getauxval(AT_PHDR));
	printf("break %p, main %p\n", sbrk(0), (void *)main);
	printf("run as %s", (const char *)getauxval(AT_EXECFN));
	for (int i = 0; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return !maps;
}
