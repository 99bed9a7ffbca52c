# What the compiler and the linker can do against a bug of ours that somebody
# else finds first. tests/house/hardened looks at what came out.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)

# Each compiler and each machine knows its own.
macro(harden)
  foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection
          -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "HAS${flag}" known)
    set(CMAKE_REQUIRED_FLAGS "-Werror")
    check_c_compiler_flag(${flag} ${known})
    unset(CMAKE_REQUIRED_FLAGS)
    if(${known})
      add_compile_options(${flag})
    endif()
  endforeach()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
  # Debian's C runtime does not say of itself that it bears a shadow stack, and
  # one such object takes the mark from all; it does bear it. Its entry has no
  # landing pad, though, so the mark for those is left to the linker.
  if(HAS_fcf_protection_full)
    add_link_options(-Wl,-z,shstk)
  endif()
endmacro()

# Level 3 also checks sizes that are known only at run time. Some compilers
# define a level by themselves, so that one goes first.
macro(fortify)
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("#include <string.h>
    int main(void) { return (int)strlen(\"\"); }" HAS_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  if(HAS_FORTIFY_3)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  else()
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endmacro()
