# transcheck: make [BUILD=dir] [CC=clang] [V=1] [WERROR=1] | check | asan | lint | fuzz TARGET=frame [SECONDS=60] [JOBS=1]
#   make install | uninstall [PREFIX=/usr/local] [DESTDIR=dir]         also bindir, mandir, bashcompdir, zshcompdir
#   make dist [REF=HEAD]                     transcheck-VERSION.tar.gz of the tag vVERSION (of another commit: scripts/dist)
#   make fuzz-replay | fuzz-coverage         see fuzz/README.md
#   make fuzz-campaign SECONDS=600 [TARGETS="frame query"] [JOBS=1]    each target for so long, and a table
#   make fuzz-triage TARGET=frame            regression files of what make fuzz found
#   make unit T=test_frame                   one unit test
#   make unit T=test_frame ONLY="a.c b.c"    the same, linked with only these sources
#   make numbers                             reading and printing of every float and of many doubles
#   make tables                              cases/schema.json and the tables of cases/README.md, from the tables in C
#   make mutants                             each case against each defect of the reference transcoder (minutes)
#   make peers                               every proxy of scripts/peers in each of its modes (minutes; needs the network once)
#   make screenshot                          reports/screenshot.png and the README's words about it, from a run
# CPPFLAGS, CFLAGS and LDFLAGS, from the environment or the command line, come after our own flags wherever something is
# compiled or linked. Other flags, or another compiler, than at the last make of this BUILD build everything again.
BUILD   ?= build
VERSION := $(shell cat VERSION)

DESTDIR     ?=
PREFIX      ?= /usr/local
bindir      ?= $(PREFIX)/bin
mandir      ?= $(PREFIX)/share/man
bashcompdir ?= $(PREFIX)/share/bash-completion/completions
zshcompdir  ?= $(PREFIX)/share/zsh/site-functions
INSTALL     ?= install

PKG_CONFIG ?= pkg-config
PKGS       := $(shell scripts/needs --modules build)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lhttp_parser -lm

OPT      ?= -O2 -g
SANITIZE ?=
DEFINES  ?=
WERROR   ?=
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
CPPFLAGS ?=
CFLAGS   ?=
LDFLAGS  ?=
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -I$(BUILD)/gen $(OPT) $(WARN) $(if $(filter 1,$(WERROR)),-Werror) $(SANITIZE) \
             $(PKG_CFLAGS) $(DEFINES) -fno-omit-frame-pointer -fstack-protector-strong \
             -DTRANSCHECK_VERSION='"$(VERSION)"' $(CPPFLAGS) $(CFLAGS)
LINK     = $(CC) $(SANITIZE) $(CFLAGS) $(LDFLAGS)
LIBS     = $(PKG_LIBS) $(LDLIBS)

# What is missing is named before the compiler runs: by level (scripts/needs) of what is to be made here.
GOALS := $(or $(MAKECMDGOALS),all)
IN_MEMORY := $(BUILD)/fuzz/% $(BUILD)/lib%.so $(BUILD)/libengine.a $(BUILD)/libmemory.a $(BUILD)/obj/fuzz/% $(BUILD)/gen/%
COMPILES_NOTHING := clean dist uninstall asan fuzz fuzz-% screenshot
NEEDED := $(if $(filter tests check unit numbers $(BUILD)/tests/%,$(GOALS)),unit,$(if \
            $(filter-out $(IN_MEMORY) $(COMPILES_NOTHING),$(GOALS)),build,$(if $(filter $(IN_MEMORY),$(GOALS)),memory)))
quoted = '$(subst ','\'',$(1))'
ifneq ($(NEEDED),)
ifneq ($(shell CC=$(call quoted,$(CC)) CPPFLAGS=$(call quoted,$(CPPFLAGS)) CFLAGS=$(call quoted,$(CFLAGS)) \
         PKG_CONFIG=$(call quoted,$(PKG_CONFIG)) scripts/needs $(NEEDED) >&2 && echo complete),complete)
$(error nothing was compiled)
endif
endif

# What works in memory alone: the base and the rooms of the engine.
PURE_SRCS := $(sort $(filter-out harness/engine/tests/%,$(wildcard harness/base/*.c harness/engine/*.c harness/engine/*/*.c)))
LIB_SRCS := $(sort $(PURE_SRCS) $(wildcard harness/keys/*.c harness/net/*.c harness/suite/*.c harness/run/*.c \
            harness/reference/*.c mock-backend/*.c reports/*.c))
CLI_SRCS := $(sort $(wildcard harness/cli/*.c))
# Tests stand in a folder `tests` beside what they test; harness/tests has what plays end to end.
TEST_DIRS := $(wildcard harness/tests harness/*/tests harness/engine/*/tests mock-backend/tests reports/tests)
TEST_SRCS := $(sort $(wildcard $(TEST_DIRS:%=%/test_*.c)))
TEST_PROGRAMS := harness/tests/hostile_proxy.c harness/tests/case_checker.c \
                 harness/engine/protojson/tests/protobuf_conformance.c
TEST_HELPERS := $(sort $(filter-out $(TEST_SRCS) $(TEST_PROGRAMS),$(wildcard $(TEST_DIRS:%=%/*.c))))
FUZZ_SRCS := $(sort $(wildcard fuzz/*_fuzzer.c))

LIB_OBJS  := $(LIB_SRCS:%.c=$(BUILD)/obj/%.o)
CLI_OBJS  := $(CLI_SRCS:%.c=$(BUILD)/obj/%.o)
GEN_OBJS  := $(BUILD)/obj/gen/descriptor.pb-c.o
EMBED_OBJ := $(BUILD)/obj/gen/embed.o
TESTS     = $(foreach t,$(TEST_SRCS),$(TEST_OUT)/$(notdir $(t:.c=)))
HELPER_OBJS := $(TEST_HELPERS:%.c=$(BUILD)/obj/%.o)
FUZZ_BINS := $(FUZZ_SRCS:fuzz/%_fuzzer.c=$(BUILD)/fuzz/%)

PROTO_ROOT := cases/proto
PROTOS := $(sort $(shell find $(PROTO_ROOT) -name '*.proto' 2>/dev/null))
EMBED_FILES := $(sort $(wildcard cases/*.json cases/profiles/*.json cases/waivers/*.json cases/probes/*.json cases/behaviours.tsv docs/transcheck.1.in \
               reports/report.html reports/report.css))

# V=1 shows the commands.
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),:,printf "%-5s %s\n" "$(1)" "$(2)")

.PHONY: all check unit numbers asan lint fuzz fuzz-campaign fuzz-replay fuzz-triage fuzz-coverage install uninstall dist \
        clean tests tables screenshot mutants peers changed
.SECONDARY:
# What the program says of itself: the manual page and the completion of shells.
SAID := $(BUILD)/transcheck.1 $(BUILD)/completion.bash $(BUILD)/completion.zsh
all: $(BUILD)/transcheck $(SAID)

$(BUILD)/transcheck: $(CLI_OBJS) $(BUILD)/libtranscheck.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $(CLI_OBJS) $(BUILD)/libtranscheck.a $(LIBS)

$(BUILD)/transcheck.1: SAYS = manual
$(BUILD)/completion.bash: SAYS = completion bash
$(BUILD)/completion.zsh: SAYS = completion zsh
$(SAID): $(BUILD)/transcheck
	$(Q)$< $(SAYS) > $@.tmp
	$(Q)mv $@.tmp $@

$(BUILD)/libtranscheck.a: $(LIB_OBJS) $(GEN_OBJS) $(EMBED_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $^ # q: two folders may hold files of one name

$(BUILD)/obj/%.o: %.c $(BUILD)/gen/.stamp $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# protoc-c makes the reader of descriptors; its output is not held to our warnings.
$(BUILD)/gen/.stamp:
	@mkdir -p $(BUILD)/gen $(BUILD)/obj/gen $(BUILD)/tests $(BUILD)/fuzz
	protoc-c -I/usr/include --c_out=$(BUILD)/gen google/protobuf/descriptor.proto
	touch $@

$(BUILD)/obj/gen/descriptor.pb-c.o: $(BUILD)/gen/.stamp $(BUILD)/flags
	$(CC) $(ALL_CFLAGS) -w -c -o $@ $(BUILD)/gen/google/protobuf/descriptor.pb-c.c

$(BUILD)/gen/descriptors.pb: $(PROTOS) $(BUILD)/gen/.stamp
	protoc -I$(PROTO_ROOT) -I/usr/include --include_imports --descriptor_set_out=$@ $(PROTOS:$(PROTO_ROOT)/%=%)

# The HTML report's script, of which each part uses those before it.
REPORT_SCRIPT := $(BUILD)/gen/report.js
REPORT_PARTS  := $(foreach p,text timeline details page,reports/report_$(p).js)
$(REPORT_SCRIPT): $(REPORT_PARTS) $(BUILD)/gen/.stamp
	{ echo "'use strict';" && cat $(REPORT_PARTS); } >$@

# What the HTML report's content security policy lets run: "sha256-" and the hash in base64 (CSP Level 3, section 2.3.1).
REPORT_HASHES := $(BUILD)/gen/report.css.csp $(BUILD)/gen/report.js.csp
$(BUILD)/gen/report.css.csp: reports/report.css $(BUILD)/gen/.stamp
$(BUILD)/gen/report.js.csp: $(REPORT_SCRIPT)
$(REPORT_HASHES):
	printf 'sha256-%s' "$$(sha256sum <$< | cut -c 1-64 | tr a-f A-F | basenc -d --base16 | base64)" >$@

$(BUILD)/gen/embed.S: scripts/embed Makefile $(EMBED_FILES) $(BUILD)/gen/descriptors.pb $(REPORT_SCRIPT) $(REPORT_HASHES)
	scripts/embed $(foreach f,$(EMBED_FILES),$(f)=$(f)) descriptors.pb=$(BUILD)/gen/descriptors.pb \
	    $(foreach f,$(REPORT_SCRIPT) $(REPORT_HASHES),$(notdir $(f))=$(f)) > $@.tmp
	mv $@.tmp $@

$(EMBED_OBJ): $(BUILD)/gen/embed.S $(EMBED_FILES) $(REPORT_SCRIPT) $(REPORT_HASHES) $(BUILD)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# ---- tests
ifdef ONLY
TEST_OUT  = $(BUILD)/tests/only
TEST_LINK = $(patsubst %.c,$(BUILD)/obj/%.o,$(ONLY)) $(GEN_OBJS)
else
TEST_OUT  = $(BUILD)/tests
TEST_LINK = $(HELPER_OBJS) $(BUILD)/libtranscheck.a
endif

define test_rule
$(TEST_OUT)/$(notdir $(1:.c=)): $(BUILD)/obj/$(1:.c=.o) $$(TEST_LINK)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(LINK) -o $$@ $$< $$(TEST_LINK) $$(LIBS) -lcmocka
endef
$(foreach t,$(TEST_SRCS),$(eval $(call test_rule,$(t))))

# Programs that tests start: main() of their own, linked like a test.
TEST_TOOLS := $(foreach t,$(TEST_PROGRAMS),$(TEST_OUT)/$(notdir $(t:.c=)))
$(foreach t,$(TEST_PROGRAMS),$(eval $(call test_rule,$(t))))

# The tables of keys as JSON, from which scripts/tables makes cases/schema.json and the tables of cases/README.md.
tables: $(BUILD)/tables
	BUILD=$(BUILD) scripts/tables

$(BUILD)/tables: $(BUILD)/obj/scripts/tables.o $(BUILD)/libtranscheck.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

tests: $(TESTS) $(TEST_TOOLS) $(BUILD)/transcheck $(BUILD)/tables $(SAID)

unit: $(TEST_OUT)/$(T)
	$(TEST_OUT)/$(T)

check: tests fuzz-replay
	BUILD=$(BUILD) scripts/test

# Numbers against the C library: every float, a hundred million doubles. A quarter of an hour of CPU time; every
# FLOAT_STEPth float takes less.
FLOAT_STEP ?= 1
DOUBLES    ?= 100000000
numbers: $(BUILD)/tests/test_number_sweep $(BUILD)/tests/test_number_hard
	$(BUILD)/tests/test_number_hard
	TRANSCHECK_FLOAT_STEP=$(FLOAT_STEP) TRANSCHECK_DOUBLES=$(DOUBLES) $(BUILD)/tests/test_number_sweep

asan:
	$(MAKE) BUILD=$(BUILD)/asan OPT="-O1 -g" SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all" tests
	BUILD=$(BUILD)/asan scripts/test sanitized

mutants: $(BUILD)/transcheck
	BUILD=$(BUILD) harness/tests/defects_test --all

peers: $(BUILD)/transcheck
	BUILD=$(BUILD) scripts/peers/every

lint: $(BUILD)/tables
	BUILD=$(BUILD) scripts/lint

# ---- fuzzing: see fuzz/README.md. Targets link with what works in memory, whichever compiler drives them.
FUZZ_MAIN ?= fuzz/replay_main.c
SECONDS   ?= 60
JOBS      ?= 1
FUZZ_LIB_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(PURE_SRCS))
CODINGS := zlib libbrotlidec libbrotlienc libzstd
FUZZ_PLAIN_LIBS = $(shell $(PKG_CONFIG) --libs libprotobuf-c $(CODINGS) 2>/dev/null) -lm
FUZZ_LIBS = $(FUZZ_PLAIN_LIBS)
FUZZ_COMMON := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %_fuzzer.c %_main.c,$(wildcard fuzz/*.c)))
# Targets outside of the engine link with everything that works in memory.
FUZZ_WHOLE := case_file script suite_file judge results_file h2_session
FUZZ_WHOLE_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard harness/keys/*.c harness/suite/*.c reports/*.c \
                   mock-backend/script*.c) harness/reference/defects.c \
                   $(filter-out harness/net/h2_client.c,$(wildcard harness/net/h2*.c))))
FUZZ_WHOLE_LIBS = $(shell $(PKG_CONFIG) --libs libprotobuf-c jansson libnghttp2 $(CODINGS) 2>/dev/null) -lm
# Of another fuzzing engine (.clusterfuzzlite): FUZZ_MAIN empty, its library in FUZZ_ENGINE, who links, and the objects of
# the target's mutators.
FUZZ_ENGINE ?=
FUZZ_LINK   ?= $(CC) $(CFLAGS) $(LDFLAGS)
FUZZ_MUTATORS ?=
FUZZ_MAIN_OBJ = $(if $(FUZZ_MAIN),$(BUILD)/obj/$(FUZZ_MAIN:.c=.o))

$(BUILD)/libengine.a: $(FUZZ_LIB_OBJS) $(GEN_OBJS) $(EMBED_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $^ # q: two folders may hold files of one name

$(BUILD)/libmemory.a: $(FUZZ_WHOLE_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $^

$(FUZZ_WHOLE:%=$(BUILD)/fuzz/%): FUZZ_LIBS = $(FUZZ_WHOLE_LIBS)
$(FUZZ_WHOLE:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(BUILD)/obj/fuzz/%_fuzzer.o $(FUZZ_MAIN_OBJ) $(FUZZ_COMMON) \
                                 $(FUZZ_MUTATORS) $(BUILD)/libmemory.a $(BUILD)/libengine.a
	@mkdir -p $(@D)
	$(FUZZ_LINK) $(SANITIZE) -o $@ $^ $(FUZZ_ENGINE) $(FUZZ_LIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/fuzz/%_fuzzer.o $(FUZZ_MAIN_OBJ) $(FUZZ_COMMON) $(FUZZ_MUTATORS) $(BUILD)/libengine.a
	@mkdir -p $(@D)
	$(FUZZ_LINK) $(SANITIZE) -o $@ $^ $(FUZZ_ENGINE) $(FUZZ_LIBS)

# Custom mutators, which afl-fuzz loads: position-independent, so with a BUILD of their own and -fPIC in OPT.
$(BUILD)/fuzz/mutators/%.so: $(BUILD)/obj/fuzz/mutators/%.o $(BUILD)/obj/fuzz/mutators/afl.o $(FUZZ_COMMON) \
                             $(BUILD)/libengine.a
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ $(FUZZ_LIBS)

# The two libraries that fuzz/differential loads: position-independent as well.
$(BUILD)/libengine.so: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard fuzz/differential/*.c)) $(BUILD)/libengine.a
	$(LINK) -shared -o $@ $^ $(FUZZ_PLAIN_LIBS)

$(BUILD)/liblibprotobuf.so: fuzz/differential/libprotobuf.cc fuzz/differential/mapping.h $(BUILD)/flags
	$(CXX) -std=c++17 -I. $(OPT) -Wall -Wextra $(shell $(PKG_CONFIG) --cflags protobuf) $(CPPFLAGS) $(CXXFLAGS) \
	    $(LDFLAGS) -shared -o $@ $< $(shell $(PKG_CONFIG) --libs protobuf)

# What calls them under libFuzzer, which has no other way to know the target's name.
$(BUILD)/obj/fuzz/mutators/libfuzzer-%.o: fuzz/mutators/libfuzzer.c $(BUILD)/gen/.stamp $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DFUZZ_TARGET='"$*"' -MMD -MP -c -o $@ $<

fuzz-replay:
	BUILD=$(BUILD) MAKE="$(MAKE)" CC="$(CC)" fuzz/replay

fuzz:
	BUILD=$(BUILD) MAKE="$(MAKE)" fuzz/run "$(TARGET)" $(SECONDS) $(JOBS)

fuzz-campaign:
	BUILD=$(BUILD) MAKE="$(MAKE)" fuzz/campaign $(SECONDS) $(JOBS) $(TARGETS)

fuzz-triage:
	BUILD=$(BUILD) MAKE="$(MAKE)" CC="$(CC)" fuzz/triage "$(TARGET)"

fuzz-coverage:
	BUILD=$(BUILD) MAKE="$(MAKE)" fuzz/coverage

install: all
	$(INSTALL) -D -m 755 $(BUILD)/transcheck "$(DESTDIR)$(bindir)/transcheck"
	$(INSTALL) -D -m 644 $(BUILD)/transcheck.1 "$(DESTDIR)$(mandir)/man1/transcheck.1"
	$(INSTALL) -D -m 644 $(BUILD)/completion.bash "$(DESTDIR)$(bashcompdir)/transcheck"
	$(INSTALL) -D -m 644 $(BUILD)/completion.zsh "$(DESTDIR)$(zshcompdir)/_transcheck"

uninstall:
	rm -f "$(DESTDIR)$(bindir)/transcheck" "$(DESTDIR)$(mandir)/man1/transcheck.1" \
	    "$(DESTDIR)$(bashcompdir)/transcheck" "$(DESTDIR)$(zshcompdir)/_transcheck"

dist:
	scripts/dist $(REF)

screenshot:
	scripts/screenshot

clean:
	rm -rf $(BUILD)/obj $(BUILD)/gen $(BUILD)/tests $(BUILD)/fuzz* $(BUILD)/asan \
	    $(BUILD)/clang $(BUILD)/log $(BUILD)/demo $(BUILD)/bench $(BUILD)/differential \
	    $(BUILD)/transcheck $(BUILD)/tables $(SAID) $(BUILD)/transcheck-*.tar.gz $(BUILD)/flags $(BUILD)/libtranscheck.a \
	    $(BUILD)/libengine.a $(BUILD)/libmemory.a

# With what this folder was built. The file is written when that changes, and every object is then older than it.
FLAGS := $(strip $(shell $(CC) --version 2>/dev/null | head -n 1) | $(CC) $(ALL_CFLAGS) | $(CXX) $(CXXFLAGS) | $(LINK) $(LIBS) | \
         $(FUZZ_MAIN) $(FUZZ_LINK) $(FUZZ_ENGINE) $(FUZZ_PLAIN_LIBS) $(FUZZ_WHOLE_LIBS))
ifneq ($(FLAGS),$(strip $(file <$(BUILD)/flags)))
$(BUILD)/flags: changed
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(FLAGS)) >$@

# Written beside the objects; make is not to look for a way to make them.
$(BUILD)/obj/%.d: ;
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
