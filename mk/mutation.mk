# Wrong edits of the guest's source, each built and put through every scenario (tests/mutation). JOBS=n at a time.

.PHONY: mutate-source
mutate-source: all ## prove the verifier by wrong edits of the guest's source; EDITS="names" for some (docs/detection.md)
	$(Q)tests/mutation/run $(BUILD) $(EDITS)
