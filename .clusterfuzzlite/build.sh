#!/bin/bash -eu
# Builds every target with the compiler, flags and engine that ClusterFuzzLite (or OSS-Fuzz) puts in the environment: CC, CXX,
# CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE; into OUT, with corpora and dictionaries beside them. By hand:
#   OUT=/tmp/out CC=clang CXX=clang++ CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address' \
#       LIB_FUZZING_ENGINE=-fsanitize=fuzzer .clusterfuzzlite/build.sh
# Libraries are linked statically: the machine that runs the targets has none of them.
cd "$(dirname "$0")/.."
if [ -n "${SRC:-}" ] && [ -d "$SRC/transcheck" ]; then
    cd "$SRC/transcheck"
fi
work=${WORK:-build}/clusterfuzzlite
codings='-l:libz.a -l:libbrotlidec.a -l:libbrotlienc.a -l:libbrotlicommon.a -l:libzstd.a'
targets=$(echo fuzz/*_fuzzer.c | sed 's,fuzz/\([a-z0-9_]*\)_fuzzer.c,\1,g')
for target in $targets; do
    mutators=
    for name in $(fuzz/helpers "$target" mutators); do
        mutators="$mutators $work/obj/fuzz/mutators/$name.o"
    done
    # Warnings of this compiler are not ours to judge here; sanitizers are in CFLAGS, at compiling and at linking.
    make -s -j"$(nproc)" BUILD="$work" CC="$CC" OPT= CFLAGS="$CFLAGS" WARN=-w FUZZ_MAIN= \
        FUZZ_ENGINE="$LIB_FUZZING_ENGINE" FUZZ_LINK="$CXX ${CXXFLAGS:-$CFLAGS} ${LDFLAGS:-}" \
        FUZZ_PLAIN_LIBS="-l:libprotobuf-c.a $codings -lm" \
        FUZZ_WHOLE_LIBS="-l:libjansson.a -l:libnghttp2.a -l:libprotobuf-c.a $codings -lm" \
        FUZZ_MUTATORS="${mutators:+$mutators $work/obj/fuzz/mutators/libfuzzer-$target.o}" "$work/fuzz/$target"
done
fuzz/seeds "$work/seeds"
mkdir -p "$OUT"
for target in $targets; do
    cp "$work/fuzz/$target" "$OUT/${target}_fuzzer"
    rm -rf "$work/corpus" "$OUT/${target}_fuzzer_seed_corpus.zip"
    mkdir -p "$work/corpus"
    for dir in "fuzz/corpus/$target" "fuzz/crashes/$target" "$work/seeds/$target"; do
        if [ -d "$dir" ]; then
            find "$dir" -type f -exec cp {} "$work/corpus/" \;
        fi
    done
    (cd "$work/corpus" && python3 -m zipfile -c "$OUT/${target}_fuzzer_seed_corpus.zip" ./*)
    kind=$(fuzz/helpers "$target" dictionary)
    {
        if [ -f "fuzz/$target.dict" ]; then
            cat "fuzz/$target.dict"
        fi
        if [ -n "$kind" ]; then
            fuzz/dictionary "$kind" "$work/gen/descriptors.pb"
        fi
    } >"$OUT/${target}_fuzzer.dict"
    if [ ! -s "$OUT/${target}_fuzzer.dict" ]; then
        rm "$OUT/${target}_fuzzer.dict"
    fi
done
