# Builds every JSON file below a folder into a library, as assembler .incbin,
# with a table of names. The compiler never sees the bytes, so it is quick. What
# holds no code says so, or the whole program would lose its marks (cet.h).
function(embed_assets target folder)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE "${folder}"
       "${folder}/*.json")
  set(asm "${CMAKE_CURRENT_BINARY_DIR}/assets.S")
  set(rows "")
  set(data "    .section .rodata\n")
  set(n 0)
  foreach(f IN LISTS found)
    string(APPEND data "asset_${n}:\n    .incbin \"${folder}/${f}\"\n"
                       "asset_${n}_end:\n    .byte 0\n"
                       "name_${n}:\n    .asciz \"${f}\"\n")
    string(APPEND rows "    .quad name_${n}\n    .quad asset_${n}\n"
                       "    .quad asset_${n}_end - asset_${n}\n")
    set_property(SOURCE "${asm}" APPEND PROPERTY OBJECT_DEPENDS
                 "${folder}/${f}")
    math(EXPR n "${n} + 1")
  endforeach()
  file(CONFIGURE OUTPUT "${asm}" CONTENT
"${data}
    .section .data.rel.ro,\"aw\"
    .balign 8
    .globl asset_rows
asset_rows:
${rows}    .globl asset_count
asset_count:
    .quad ${n}
    .section .note.GNU-stack,\"\",%progbits
#ifdef __CET__
#include <cet.h>
#endif
" @ONLY)
  target_sources(${target} PRIVATE "${asm}")
endfunction()
