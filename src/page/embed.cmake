# Builds the parts of the page into a library, as assembler .incbin: markup,
# style, and the scripts one behind the other. The page allows no style and no
# script but these two, by hash, so the hashes are made here.

# The scripts in the order in which they stand in the page.
set(PAGE_SCRIPTS base.js format.js shapes.js data.js lanes.js view.js
    timeline.js rows.js tooltip.js pointer.js overview.js histogram.js grid.js
    calls.js races.js sections.js detail.js story.js live.js main.js)

# Hexadecimal digits as base64; `hex` stands for 32 bytes.
function(base64_of_hash hex out)
  string(REPEAT "0" 2 padding)
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text "")
  foreach(at RANGE 0 60 6)
    string(SUBSTRING "${hex}${padding}" ${at} 6 three)
    foreach(shift IN ITEMS 18 12 6 0)
      math(EXPR digit "(0x${three} >> ${shift}) & 63")
      string(SUBSTRING "${digits}" ${digit} 1 c)
      string(APPEND text "${c}")
    endforeach()
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${out} "${text}=" PARENT_SCOPE)
endfunction()

# One name in the assembler file: the bytes of all `files` and, as its hash,
# what a Content-Security-Policy says for them.
function(embed_part name folder rows_out)
  set(all "")
  set(part "page_${name}:\n")
  foreach(file IN LISTS ARGN)
    file(READ "${folder}/${file}" text)
    string(APPEND all "${text}")
    string(APPEND part "    .incbin \"${folder}/${file}\"\n")
  endforeach()
  string(SHA256 hex "${all}")
  base64_of_hash(${hex} hash)
  string(APPEND part "page_${name}_end:\n    .byte 0\n"
                     "page_${name}_hash:\n    .asciz \"sha256-${hash}\"\n")
  string(PREPEND part "    .globl page_${name}, page_${name}_end, page_${name}_hash\n")
  set(${rows_out} "${${rows_out}}${part}" PARENT_SCOPE)
endfunction()

function(embed_page target folder)
  set(asm "${CMAKE_CURRENT_BINARY_DIR}/page.S")
  set(rows "    .section .rodata\n")
  embed_part(markup "${folder}" rows page.html)
  embed_part(style "${folder}" rows page.css)
  embed_part(script "${folder}" rows ${PAGE_SCRIPTS})
  string(APPEND rows "    .section .note.GNU-stack,\"\",%progbits\n"
                     "#ifdef __CET__\n#include <cet.h>\n#endif\n")
  file(CONFIGURE OUTPUT "${asm}" CONTENT "${rows}" @ONLY)
  foreach(file IN ITEMS page.html page.css LISTS PAGE_SCRIPTS)
    # The hashes are made when CMake runs, so a change must make it run.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                 "${folder}/${file}")
    set_property(SOURCE "${asm}" APPEND PROPERTY OBJECT_DEPENDS
                 "${folder}/${file}")
  endforeach()
  target_sources(${target} PRIVATE "${asm}")
endfunction()
