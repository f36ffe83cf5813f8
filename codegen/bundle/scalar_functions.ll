define internal double @scalar.sqrt_double(double %x) {
entry:
  %cmp = fcmp ule double %x, 0.000000e+00
  %cmp1 = fcmp ogt double %x, 0x7FEFFFFFFFFFFFFF
  %or.cond = or i1 %cmp, %cmp1
  br i1 %or.cond, label %if.then, label %if.end

if.then:
  %cmp2 = fcmp olt double %x, 0.000000e+00
  %sub = fsub double %x, %x
  %div = fdiv double %sub, %sub
  %cond = select i1 %cmp2, double %div, double %x
  br label %cleanup

if.end:
  %cmp4 = fcmp olt double %x, 0x10000000000000
  %mul = fmul double %x, 0x4350000000000000
  %x.addr.0 = select i1 %cmp4, double %mul, double %x
  %0 = bitcast double %x.addr.0 to i64
  %shr = lshr i64 %0, 1
  %sub7 = sub nsw i64 6910469410427058089, %shr
  %1 = bitcast i64 %sub7 to double
  %mul9 = fmul double %x.addr.0, 5.000000e-01
  br label %for.cond

for.cond:
  %y.0 = phi double [ %1, %if.end ], [ %mul13, %for.body ]
  %i.0 = phi i32 [ 0, %if.end ], [ %inc, %for.body ]
  %exitcond.not = icmp eq i32 %i.0, 5
  br i1 %exitcond.not, label %for.end, label %for.body

for.body:
  %mul10 = fmul double %mul9, %y.0
  %mul11 = fmul double %y.0, %mul10
  %sub12 = fsub double 1.500000e+00, %mul11
  %mul13 = fmul double %y.0, %sub12
  %inc = add nuw nsw i32 %i.0, 1
  br label %for.cond

for.end:
  %scale.0 = select i1 %cmp4, double 0x3E40000000000000, double 1.000000e+00
  %mul14 = fmul double %x.addr.0, %y.0
  %mul15 = fmul double %y.0, 5.000000e-01
  %mul16 = fmul double %mul14, %mul14
  %sub17 = fsub double %x.addr.0, %mul16
  %mul18 = fmul double %mul15, %sub17
  %add = fadd double %mul14, %mul18
  %mul19 = fmul double %scale.0, %add
  br label %cleanup

cleanup:
  %retval.0 = phi double [ %cond, %if.then ], [ %mul19, %for.end ]
  ret double %retval.0
}

define internal float @scalar.sin(float %x) {
entry:
  %cmp = fcmp oeq float %x, 0.000000e+00
  br i1 %cmp, label %cond.end, label %cond.false

cond.false:
  %call = tail call float @scalar.sine(float %x, i32 0)
  br label %cond.end

cond.end:
  %cond = phi float [ %call, %cond.false ], [ %x, %entry ]
  ret float %cond
}

define internal float @scalar.sine(float %x, i32 %quarters) {
entry:
  %call = tail call float @scalar.abs(float %x)
  %cmp = fcmp olt float %call, 0x41E0000000000000
  br i1 %cmp, label %if.end, label %if.then

if.then:
  %sub = fsub float %x, %x
  br label %cleanup

if.end:
  %conv = fpext float %x to double
  %mul = fmul double %conv, 0x3FE45F306DC9C883
  %cmp1 = fcmp olt double %mul, 0.000000e+00
  %cond = select i1 %cmp1, double -5.000000e-01, double 5.000000e-01
  %add = fadd double %mul, %cond
  %conv3 = fptosi double %add to i64
  %conv4 = sitofp i64 %conv3 to double
  %mul6 = fmul double %conv4, 0x3FF921FB54400000
  %sub7 = fsub double %conv, %mul6
  %mul8 = fmul double %conv4, 0x3DD0B4611A626331
  %sub9 = fsub double %sub7, %mul8
  %conv10 = fptrunc double %sub9 to float
  %conv12 = trunc i64 %conv3 to i32
  %add13 = add i32 %conv12, %quarters
  %mul14 = fmul float %conv10, %conv10
  %and = and i32 %add13, 1
  %tobool.not = icmp eq i32 %and, 0
  br i1 %tobool.not, label %if.else, label %if.then15

if.then15:
  %mul16 = fmul float %mul14, 0x3EF99EB9C0000000
  %sub17 = fadd float %mul16, 0xBF56C0C340000000
  %mul18 = fmul float %mul14, %sub17
  %add19 = fadd float %mul18, 0x3FA55554A0000000
  %mul20 = fmul float %mul14, %add19
  %mul21 = fmul float %mul14, %mul20
  %mul22 = fmul float %mul14, 5.000000e-01
  %sub23 = fsub float %mul21, %mul22
  %add24 = fadd float %sub23, 1.000000e+00
  br label %if.end32

if.else:
  %mul25 = fmul float %mul14, 0x3F29943F20000000
  %0 = fsub float 0x3F811073C0000000, %mul25
  %mul27 = fmul float %mul14, %0
  %sub28 = fadd float %mul27, 0xBFC5555460000000
  %mul29 = fmul float %mul14, %sub28
  %mul30 = fmul float %mul29, %conv10
  %add31 = fadd float %mul30, %conv10
  br label %if.end32

if.end32:
  %y.0 = phi float [ %add24, %if.then15 ], [ %add31, %if.else ]
  %and33 = and i32 %add13, 2
  %tobool34.not = icmp eq i32 %and33, 0
  %fneg = fneg float %y.0
  %cond35 = select i1 %tobool34.not, float %y.0, float %fneg
  br label %cleanup

cleanup:
  %retval.0 = phi float [ %cond35, %if.end32 ], [ %sub, %if.then ]
  ret float %retval.0
}

define internal float @scalar.cos(float %x) {
entry:
  %call = tail call float @scalar.sine(float %x, i32 1)
  ret float %call
}

define internal float @scalar.atan(float %x) {
entry:
  %call = tail call float @scalar.abs(float %x)
  %0 = fcmp ueq float %x, 0.000000e+00
  br i1 %0, label %cleanup, label %if.end

if.end:
  %cmp2 = fcmp ogt float %call, 0x4003504F40000000
  br i1 %cmp2, label %if.then3, label %if.else

if.then3:
  %div = fdiv float -1.000000e+00, %call
  br label %if.end8

if.else:
  %cmp4 = fcmp ogt float %call, 0x3FDA8279A0000000
  br i1 %cmp4, label %if.then5, label %if.end8

if.then5:
  %sub = fadd float %call, -1.000000e+00
  %add = fadd float %call, 1.000000e+00
  %div6 = fdiv float %sub, %add
  br label %if.end8

if.end8:
  %a.0 = phi float [ %div, %if.then3 ], [ %div6, %if.then5 ], [ %call, %if.else ]
  %base.0 = phi float [ 0x3FF921FB60000000, %if.then3 ], [ 0x3FE921FB60000000, %if.then5 ], [ 0.000000e+00, %if.else ]
  %mul = fmul float %a.0, %a.0
  %mul9 = fmul float %mul, 0x3FB49E1A20000000
  %sub10 = fadd float %mul9, 0xBFC1C370A0000000
  %mul11 = fmul float %mul, %sub10
  %add12 = fadd float %mul11, 0x3FC9924BE0000000
  %mul13 = fmul float %mul, %add12
  %sub14 = fadd float %mul13, 0xBFD5554540000000
  %mul15 = fmul float %mul, %sub14
  %mul16 = fmul float %a.0, %mul15
  %add17 = fadd float %a.0, %mul16
  %add18 = fadd float %base.0, %add17
  %cmp19 = fcmp olt float %x, 0.000000e+00
  %fneg = fneg float %add18
  %cond = select i1 %cmp19, float %fneg, float %add18
  br label %cleanup

cleanup:
  %retval.0 = phi float [ %cond, %if.end8 ], [ %x, %entry ]
  ret float %retval.0
}

define internal float @scalar.abs(float %x) {
entry:
  %call = tail call i32 @scalar.bits(float %x)
  %and = and i32 %call, 2147483647
  %call1 = tail call float @scalar.from_bits(i32 %and)
  ret float %call1
}

define internal float @scalar.pow(float %x, float %y) {
entry:
  %call = tail call float @scalar.from_bits(i32 2139095040)
  %call1 = tail call float @scalar.abs(float %x)
  %cmp = fcmp oeq float %y, 0.000000e+00
  %cmp2 = fcmp oeq float %x, 1.000000e+00
  %or.cond = or i1 %cmp2, %cmp
  br i1 %or.cond, label %cleanup, label %if.end

if.end:
  %0 = fcmp uno float %x, %y
  br i1 %0, label %if.then6, label %if.end7

if.then6:
  %add = fadd float %x, %y
  br label %cleanup

if.end7:
  %call8 = tail call float @scalar.abs(float %y)
  %cmp9 = fcmp olt float %call8, 0x4170000000000000
  br i1 %cmp9, label %land.lhs.true, label %if.end13

land.lhs.true:
  %call10 = tail call float @scalar.floor(float %y)
  %cmp11 = fcmp oeq float %call10, %y
  br i1 %cmp11, label %if.then12, label %if.end13

if.then12:
  %conv = fptosi float %y to i32
  %and = and i32 %conv, 1
  br label %if.end13

if.end13:
  %is_odd.0 = phi i32 [ %and, %if.then12 ], [ 0, %land.lhs.true ], [ 0, %if.end7 ]
  %cmp15 = fcmp oeq float %call8, %call
  br i1 %cmp15, label %if.then17, label %if.end30

if.then17:
  %cmp18 = fcmp oeq float %call1, 1.000000e+00
  %cmp20 = fcmp ule float %call1, 1.000000e+00
  %cmp22 = fcmp ogt float %y, 0.000000e+00
  %cmp24 = xor i1 %cmp22, %cmp20
  %cond = select i1 %cmp24, float %call, float 0.000000e+00
  %cond29 = select i1 %cmp18, float 1.000000e+00, float %cond
  br label %cleanup

if.end30:
  %cmp31 = fcmp olt float %x, 0.000000e+00
  %cmp34 = fcmp une float %call1, %call
  %or.cond113 = select i1 %cmp31, i1 %cmp34, i1 false
  br i1 %or.cond113, label %land.lhs.true36, label %if.end42

land.lhs.true36:
  %call37 = tail call float @scalar.floor(float %y)
  %cmp38 = fcmp une float %call37, %y
  br i1 %cmp38, label %if.then40, label %if.end42

if.then40:
  %call41 = tail call float @scalar.from_bits(i32 2143289344)
  br label %cleanup

if.end42:
  %cmp43 = fcmp oeq float %call1, 0.000000e+00
  br i1 %cmp43, label %if.then45, label %if.else

if.then45:
  %cmp46 = fcmp ogt float %y, 0.000000e+00
  %cond51 = select i1 %cmp46, float 0.000000e+00, float %call
  br label %if.end66

if.else:
  %cmp52 = fcmp oeq float %call1, %call
  br i1 %cmp52, label %if.then54, label %if.else61

if.then54:
  %cmp55 = fcmp ogt float %y, 0.000000e+00
  %cond60 = select i1 %cmp55, float %call, float 0.000000e+00
  br label %if.end66

if.else61:
  %conv62 = fpext float %y to double
  %call63 = tail call double @scalar.log_double(float %call1)
  %mul = fmul double %call63, %conv62
  %call64 = tail call float @scalar.exp_double(double %mul)
  br label %if.end66

if.end66:
  %result.0 = phi float [ %cond51, %if.then45 ], [ %cond60, %if.then54 ], [ %call64, %if.else61 ]
  %tobool.not = icmp eq i32 %is_odd.0, 0
  br i1 %tobool.not, label %cleanup, label %land.lhs.true67

land.lhs.true67:
  %call68 = tail call i32 @scalar.bits(float %x)
  %fneg = fneg float %result.0
  %tobool69.not114 = icmp slt i32 %call68, 0
  %spec.select = select i1 %tobool69.not114, float %fneg, float %result.0
  br label %cleanup

cleanup:
  %retval.0 = phi float [ %add, %if.then6 ], [ %cond29, %if.then17 ], [ %call41, %if.then40 ], [ 1.000000e+00, %entry ], [ %result.0, %if.end66 ], [ %spec.select, %land.lhs.true67 ]
  ret float %retval.0
}

define internal float @scalar.from_bits(i32 %bits) {
entry:
  %0 = bitcast i32 %bits to float
  ret float %0
}

define internal float @scalar.floor(float %x) {
entry:
  %call = tail call float @scalar.round(float %x)
  %cmp = fcmp ogt float %call, %x
  %sub = fadd float %call, -1.000000e+00
  %cond = select i1 %cmp, float %sub, float %call
  ret float %cond
}

define internal float @scalar.exp_double(double %x) {
entry:
  %cmp = fcmp ogt double %x, 9.000000e+01
  %x.addr.0 = select i1 %cmp, double 9.000000e+01, double %x
  %cmp1 = fcmp olt double %x.addr.0, -1.100000e+02
  %x.addr.1 = select i1 %cmp1, double -1.100000e+02, double %x.addr.0
  %mul = fmul double %x.addr.1, 0x3FF71547652B82FE
  %cmp4 = fcmp olt double %x.addr.1, 0.000000e+00
  %cond = select i1 %cmp4, double -5.000000e-01, double 5.000000e-01
  %add = fadd double %mul, %cond
  %conv = fptosi double %add to i32
  %conv5 = sitofp i32 %conv to double
  %mul6 = fmul double %conv5, 0x3FE62E42FEFA39EF
  %sub = fsub double %x.addr.1, %mul6
  br label %for.cond

for.cond:
  %sum.0 = phi double [ 1.000000e+00, %entry ], [ %add11, %for.body ]
  %i.0 = phi i32 [ 11, %entry ], [ %dec, %for.body ]
  %cmp7.not = icmp eq i32 %i.0, 0
  br i1 %cmp7.not, label %for.end, label %for.body

for.body:
  %mul9 = fmul double %sub, %sum.0
  %conv10 = sitofp i32 %i.0 to double
  %div = fdiv double %mul9, %conv10
  %add11 = fadd double %div, 1.000000e+00
  %dec = add nsw i32 %i.0, -1
  br label %for.cond

for.end:
  %conv13 = fptrunc double %sum.0 to float
  %cmp14 = icmp slt i32 %conv, -126
  br i1 %cmp14, label %if.then16, label %if.end21

if.then16:
  %call = tail call float @scalar.two_to(i32 -126)
  %mul17 = fmul float %call, %conv13
  %add18 = add nuw nsw i32 %conv, 126
  %call19 = tail call float @scalar.two_to(i32 %add18)
  br label %cleanup

if.end21:
  %cmp22 = icmp sgt i32 %conv, 127
  br i1 %cmp22, label %cond.true, label %cond.false

cond.true:
  %call24 = tail call float @scalar.two_to(i32 127)
  %mul25 = fmul float %call24, %conv13
  %sub26 = add nsw i32 %conv, -127
  %call27 = tail call float @scalar.two_to(i32 %sub26)
  br label %cleanup

cond.false:
  %call29 = tail call float @scalar.two_to(i32 %conv)
  br label %cleanup

cleanup:
  %call27.sink = phi float [ %call27, %cond.true ], [ %conv13, %cond.false ], [ %call19, %if.then16 ]
  %mul25.sink = phi float [ %mul25, %cond.true ], [ %call29, %cond.false ], [ %mul17, %if.then16 ]
  %mul28 = fmul float %mul25.sink, %call27.sink
  ret float %mul28
}

define internal double @scalar.log_double(float %x) {
entry:
  %cmp = fcmp olt float %x, 0x3810000000000000
  %mul = fmul float %x, 0x4160000000000000
  %x.addr.0 = select i1 %cmp, float %mul, float %x
  %call = tail call i32 @scalar.bits(float %x.addr.0)
  %sub = add i32 %call, -1060439283
  %and = and i32 %sub, 8388607
  %add3 = add nuw nsw i32 %and, 1060439283
  %call4 = tail call float @scalar.from_bits(i32 %add3)
  %conv = fpext float %call4 to double
  %sub5 = fadd double %conv, -1.000000e+00
  %add6 = fadd double %conv, 1.000000e+00
  %div = fdiv double %sub5, %add6
  %mul7 = fmul double %div, %div
  br label %for.cond

for.cond:
  %i.0 = phi i32 [ 17, %entry ], [ %sub14, %for.body ]
  %sum.0 = phi double [ 0.000000e+00, %entry ], [ %add13, %for.body ]
  %cmp8 = icmp sgt i32 %i.0, 0
  br i1 %cmp8, label %for.body, label %for.end

for.body:
  %mul10 = fmul double %mul7, %sum.0
  %conv11 = sitofp i32 %i.0 to double
  %div12 = fdiv double 1.000000e+00, %conv11
  %add13 = fadd double %mul10, %div12
  %sub14 = add nsw i32 %i.0, -2
  br label %for.cond

for.end:
  %exponent.0 = select i1 %cmp, i32 -23, i32 0
  %shr = lshr i32 %sub, 23
  %0 = lshr i32 %sub, 22
  %1 = and i32 %0, 512
  %sub2 = add nsw i32 %shr, %exponent.0
  %add = sub nsw i32 %sub2, %1
  %mul15 = fmul double %div, 2.000000e+00
  %mul16 = fmul double %mul15, %sum.0
  %conv17 = sitofp i32 %add to double
  %mul18 = fmul double %conv17, 0x3FE62E42FEFA39EF
  %add19 = fadd double %mul18, %mul16
  ret double %add19
}

define internal i32 @scalar.bits(float %x) {
entry:
  %0 = bitcast float %x to i32
  ret i32 %0
}

define internal float @scalar.round(float %x) {
entry:
  %shifted = alloca float, align 4
  %call = tail call float @scalar.abs(float %x)
  %shifted.0.sroa_cast = bitcast ptr %shifted to ptr
  %add = fadd float %call, 0x4160000000000000
  store volatile float %add, ptr %shifted, align 4
  %cmp = fcmp olt float %call, 0x4160000000000000
  br i1 %cmp, label %if.end, label %cleanup

if.end:
  %shifted.0.shifted.0.shifted.0. = load volatile float, ptr %shifted, align 4
  %sub = fadd float %shifted.0.shifted.0.shifted.0., 0xC160000000000000
  %call1 = tail call i32 @scalar.bits(float %sub)
  %call2 = tail call i32 @scalar.bits(float %x)
  %and = and i32 %call2, -2147483648
  %or = or i32 %and, %call1
  %call3 = tail call float @scalar.from_bits(i32 %or)
  br label %cleanup

cleanup:
  %retval.0 = phi float [ %call3, %if.end ], [ %x, %entry ]
  ret float %retval.0
}

define internal float @scalar.two_to(i32 %n) {
entry:
  %add = shl i32 %n, 23
  %shl = add i32 %add, 1065353216
  %call = tail call float @scalar.from_bits(i32 %shl)
  ret float %call
}

