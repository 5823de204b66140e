; SPDX-License-Identifier: GPL-2.0-only
; What kbuild/edit-ir is given here. Not of swiftc: as small as each case can be.
@"_$aTo" = protected alias i1 (ptr), ptr @"_$a"
define protected swiftcc zeroext noundef i1 @"_$a"(ptr %0) #5 {
entry:
  ret i1 false
}
define protected i8 @"_$bTo"(ptr %0) #5 {
entry:
  %1 = tail call swiftcc i8 @"_$b"(ptr %0) #6
  ret i8 %1
}
define internal swiftcc i8 @"_$b"(ptr %0) #5 {
entry:
  ret i8 0
}
define protected void @"_$cTo"(ptr byval(%T) align 8 %0) #5 {
entry:
  tail call swiftcc void @"_$c"(ptr %0) #6
  ret void
}
define protected swiftcc void @"_$c"(ptr %0) #5 {
entry:
  ret void
}
define protected void @"_$dTo"(ptr %0) #7 {
  call void @apus_trap()
  unreachable
}
define protected swiftcc void @"_$d"(ptr %0) #5 {
entry:
  ret void
}
define protected swiftcc void @"_$never"() #7 {
entry:
  call void asm sideeffect "ud2", ""()
  unreachable
}
define protected swiftcc void @"_$e"(ptr %0) #5 {
entry:
  call swiftcc void @"_$d"(ptr %0)
  call void @apus_trap()
  unreachable
}
define protected swiftcc void @"_$f"(ptr %0) #5 {
entry:
  call swiftcc void @"_$never"()
  unreachable
}
@"_$gTo" = protected alias i32 (ptr, i64), ptr @"_$g"
define protected swiftcc i32 @"_$g"(ptr %0, i64 %1) #5 {
entry:
  ret i32 0
}
define internal swiftcc i32 @_merged_0(ptr %0) #5 {
entry:
  ret i32 0
}
define protected swiftcc i32 @"_$h"(ptr %0) #5 {
entry:
  %1 = tail call swiftcc i32 @_merged_0(ptr %0) #6, !dbg !0
  ret i32 %1
}
attributes #5 = { nounwind "a" }
attributes #6 = { nounwind }
attributes #7 = { noreturn nounwind "a" }
declare void @apus_trap() cold noreturn
