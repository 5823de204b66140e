; SPDX-License-Identifier: GPL-2.0-only
; What kbuild/edit-ir is given here. Not of swiftc: as small as each case can be.
define protected noundef zeroext i1 @"$aTo"(ptr %0) #5 {
entry:
  %1 = tail call swiftcc i1 @"$a"(ptr %0) #6
  ret i1 %1
}
define protected swiftcc noundef i1 @"$a"(ptr %0) #5 {
entry:
  ret i1 false
}
define protected i8 @"$bTo"(ptr %0) #5 {
entry:
  %1 = tail call swiftcc i8 @"$b"(ptr %0) #6
  ret i8 %1
}
define internal swiftcc i8 @"$b"(ptr %0) #5 {
entry:
  ret i8 0
}
define protected void @"$cTo"(ptr byval(%T) align 8 %0) #5 {
entry:
  tail call swiftcc void @"$c"(ptr %0) #6
  ret void
}
define protected swiftcc void @"$c"(ptr %0) #5 {
entry:
  ret void
}
define protected void @"$dTo"(ptr %0) #7 {
  unreachable
}
define protected swiftcc void @"$d"(ptr %0) #5 {
entry:
  ret void
}
define protected swiftcc void @"$never"() #7 {
entry:
  call void asm sideeffect "ud2", ""()
  unreachable
}
define protected swiftcc void @"$e"(ptr %0) #5 {
entry:
  call swiftcc void @"$d"(ptr %0)
  unreachable
}
define protected swiftcc void @"$f"(ptr %0) #5 {
entry:
  call swiftcc void @"$never"()
  unreachable
}
define protected i32 @"$gTo"(ptr %0, i64 %1) #5 {
entry:
  %2 = tail call swiftcc i32 @"$g"(ptr %0, i64 %1) #6
  ret i32 %2
}
define protected swiftcc i32 @"$g"(ptr %0, i64 %1) #5 {
entry:
  ret i32 0
}
define private swiftcc i32 @0(ptr %0) #5 {
entry:
  ret i32 0
}
define protected swiftcc i32 @"$h"(ptr %0) #5 {
entry:
  %1 = tail call swiftcc i32 @0(ptr %0) #6, !dbg !0
  ret i32 %1
}
attributes #5 = { nounwind "frame-pointer"="all" }
attributes #6 = { nounwind }
attributes #7 = { noreturn nounwind "frame-pointer"="all" }
