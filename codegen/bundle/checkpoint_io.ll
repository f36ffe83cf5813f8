%tensor = type { i32, i32, i32, i32, i32, i32, i32, i32, i32 }

@.str = private constant [6 x i8] c"dtype\00", align 1
@.str.1 = private constant [6 x i8] c"shape\00", align 1
@.str.2 = private constant [13 x i8] c"data_offsets\00", align 1
@checkpoint.find_step.key = internal constant [10 x i8] c"\\\22step\\\22:\00", align 1
@.str.3 = private constant [16 x i8] c"minnow.training\00", align 1

define internal i32 @checkpoint.read_tensors(ptr %memory, ptr %text, i32 %size, ptr %texts, ptr %tensors, i32 %count) {
entry:
  %0 = icmp slt i32 %size, 10
  br i1 %0, label %cleanup, label %if.end

if.end:
  %1 = load i8, ptr %text, align 1
  %conv = zext i8 %1 to i32
  %arrayidx2 = getelementptr inbounds i8, ptr %text, i32 1
  %2 = load i8, ptr %arrayidx2, align 1
  %conv3 = zext i8 %2 to i32
  %shl = shl nuw nsw i32 %conv3, 8
  %or = or i32 %shl, %conv
  %arrayidx4 = getelementptr inbounds i8, ptr %text, i32 2
  %3 = load i8, ptr %arrayidx4, align 1
  %conv5 = zext i8 %3 to i32
  %shl6 = shl nuw nsw i32 %conv5, 16
  %or7 = or i32 %or, %shl6
  %arrayidx8 = getelementptr inbounds i8, ptr %text, i32 3
  %4 = load i8, ptr %arrayidx8, align 1
  %conv9 = zext i8 %4 to i32
  %shl10 = shl nuw i32 %conv9, 24
  %or11 = or i32 %or7, %shl10
  %arrayidx12 = getelementptr inbounds i8, ptr %text, i32 4
  %5 = load i8, ptr %arrayidx12, align 1
  %arrayidx14 = getelementptr inbounds i8, ptr %text, i32 5
  %6 = load i8, ptr %arrayidx14, align 1
  %or16116 = or i8 %6, %5
  %arrayidx17 = getelementptr inbounds i8, ptr %text, i32 6
  %7 = load i8, ptr %arrayidx17, align 1
  %or19117 = or i8 %or16116, %7
  %arrayidx20 = getelementptr inbounds i8, ptr %text, i32 7
  %8 = load i8, ptr %arrayidx20, align 1
  %or22118 = or i8 %or19117, %8
  %cmp23.not = icmp ne i8 %or22118, 0
  %sub = add nsw i32 %size, -8
  %cmp26 = icmp ugt i32 %or11, %sub
  %or.cond = select i1 %cmp23.not, i1 true, i1 %cmp26
  br i1 %or.cond, label %cleanup, label %lor.lhs.false28

lor.lhs.false28:
  %arrayidx29 = getelementptr inbounds i8, ptr %text, i32 8
  %9 = load i8, ptr %arrayidx29, align 1
  %cmp31.not = icmp eq i8 %9, 123
  br i1 %cmp31.not, label %if.end34, label %cleanup

if.end34:
  %add = add i32 %or11, 8
  br label %for.cond

for.cond:
  %pass.0 = phi i32 [ 0, %if.end34 ], [ %inc67, %for.inc66 ]
  %exitcond120.not = icmp eq i32 %pass.0, 2
  br i1 %exitcond120.not, label %for.end68, label %for.cond37.preheader

for.cond37.preheader:
  %cmp50 = icmp eq i32 %pass.0, 0
  br label %for.cond37

for.cond37:
  %i.0 = phi i32 [ %inc, %for.inc ], [ 0, %for.cond37.preheader ]
  %exitcond.not = icmp eq i32 %i.0, %count
  br i1 %exitcond.not, label %for.inc66, label %for.body40

for.body40:
  %arrayidx41 = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0
  %call = tail call i32 @checkpoint.find_tensor(ptr %text, i32 %add, i32 %size, ptr %texts, ptr %arrayidx41)
  switch i32 %call, label %if.end49.thread [
    i32 1, label %cleanup
    i32 0, label %land.lhs.true
  ]

land.lhs.true:
  %is_optional = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0, i32 8
  %10 = load i32, ptr %is_optional, align 4
  %tobool.not = icmp eq i32 %10, 0
  br i1 %tobool.not, label %cleanup, label %if.end49

if.end49:
  br i1 %cmp50, label %for.inc, label %if.then56

if.end49.thread:
  br i1 %cmp50, label %for.inc, label %if.else

if.then56:
  %offset = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0, i32 7
  %11 = load i32, ptr %offset, align 4
  %add.ptr = getelementptr inbounds i8, ptr %memory, i32 %11
  %bytes = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0, i32 6
  %12 = load i32, ptr %bytes, align 4
  tail call void @llvm.memset.p0.i32(ptr align 1 %add.ptr, i8 0, i32 %12, i1 false)
  br label %for.inc

if.else:
  %offset60 = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0, i32 7
  %13 = load i32, ptr %offset60, align 4
  %add.ptr61 = getelementptr inbounds i8, ptr %memory, i32 %13
  %add.ptr62 = getelementptr inbounds i8, ptr %text, i32 %call
  %bytes64 = getelementptr inbounds %tensor, ptr %tensors, i32 %i.0, i32 6
  %14 = load i32, ptr %bytes64, align 4
  tail call void @llvm.memcpy.p0.p0.i32(ptr align 1 %add.ptr61, ptr align 1 %add.ptr62, i32 %14, i1 false)
  br label %for.inc

for.inc:
  %inc = add i32 %i.0, 1
  br label %for.cond37

for.inc66:
  %inc67 = add nuw nsw i32 %pass.0, 1
  br label %for.cond

for.end68:
  %call69 = tail call i32 @checkpoint.find_step(ptr %text, i32 %add)
  %step.0.add.ptr70.sroa_idx = getelementptr inbounds i8, ptr %memory, i32 20
  %step.0.add.ptr70.sroa_cast = bitcast ptr %step.0.add.ptr70.sroa_idx to ptr
  store i32 %call69, ptr %step.0.add.ptr70.sroa_cast, align 1
  br label %cleanup

cleanup:
  %retval.0 = phi i32 [ 0, %for.end68 ], [ 7, %entry ], [ 7, %lor.lhs.false28 ], [ 7, %if.end ], [ 8, %land.lhs.true ], [ 8, %for.body40 ]
  ret i32 %retval.0
}

define internal i32 @checkpoint.find_tensor(ptr %text, i32 %header_end, i32 %size, ptr %texts, ptr %tensor) {
entry:
  %offsets = alloca i32, align 4
  %name = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 0
  %0 = load i32, ptr %name, align 4
  %add.ptr = getelementptr inbounds i8, ptr %texts, i32 %0
  %name_size = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 1
  %1 = load i32, ptr %name_size, align 4
  %call = tail call i32 @checkpoint.find(ptr %text, i32 8, i32 %header_end, ptr %add.ptr, i32 %1)
  %2 = bitcast ptr %offsets to ptr
  %cmp = icmp ne i32 %call, 0
  %cmp1.not = icmp ult i32 %call, %header_end
  %or.cond = and i1 %cmp, %cmp1.not
  br i1 %or.cond, label %lor.lhs.false2, label %cleanup

lor.lhs.false2:
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %call
  %3 = load i8, ptr %arrayidx, align 1
  %cmp3.not = icmp eq i8 %3, 123
  br i1 %cmp3.not, label %while.cond.preheader, label %cleanup

while.cond.preheader:
  %umax = call i32 @llvm.umax.i32(i32 %call, i32 %header_end)
  br label %while.cond

while.cond:
  %end.0 = phi i32 [ %inc, %while.body ], [ %call, %while.cond.preheader ]
  %cmp5 = icmp ult i32 %end.0, %header_end
  br i1 %cmp5, label %land.rhs, label %while.end

land.rhs:
  %arrayidx7 = getelementptr inbounds i8, ptr %text, i32 %end.0
  %4 = load i8, ptr %arrayidx7, align 1
  %cmp9.not = icmp eq i8 %4, 125
  br i1 %cmp9.not, label %while.end, label %while.body

while.body:
  %inc = add nuw i32 %end.0, 1
  br label %while.cond

while.end:
  %end.0.lcssa = phi i32 [ %umax, %while.cond ], [ %end.0, %land.rhs ]
  %call11 = tail call i32 @checkpoint.find(ptr %text, i32 %call, i32 %end.0.lcssa, ptr @.str, i32 5)
  %cmp12 = icmp eq i32 %call11, 0
  br i1 %cmp12, label %cleanup, label %lor.lhs.false14

lor.lhs.false14:
  %dtype = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 2
  %5 = load i32, ptr %dtype, align 4
  %add.ptr15 = getelementptr inbounds i8, ptr %texts, i32 %5
  %dtype_size = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 3
  %6 = load i32, ptr %dtype_size, align 4
  %call16 = tail call i32 @checkpoint.begins(ptr %text, i32 %call11, i32 %end.0.lcssa, ptr %add.ptr15, i32 %6)
  %tobool.not = icmp eq i32 %call16, 0
  br i1 %tobool.not, label %cleanup, label %if.end18

if.end18:
  %call19 = tail call i32 @checkpoint.find(ptr %text, i32 %call, i32 %end.0.lcssa, ptr @.str.1, i32 5)
  %cmp20 = icmp eq i32 %call19, 0
  br i1 %cmp20, label %cleanup, label %lor.lhs.false22

lor.lhs.false22:
  %shape = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 4
  %7 = load i32, ptr %shape, align 4
  %add.ptr23 = getelementptr inbounds i8, ptr %texts, i32 %7
  %shape_size = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 5
  %8 = load i32, ptr %shape_size, align 4
  %call24 = tail call i32 @checkpoint.begins(ptr %text, i32 %call19, i32 %end.0.lcssa, ptr %add.ptr23, i32 %8)
  %tobool25.not = icmp eq i32 %call24, 0
  br i1 %tobool25.not, label %cleanup, label %if.end27

if.end27:
  %call28 = tail call i32 @checkpoint.find(ptr %text, i32 %call, i32 %end.0.lcssa, ptr @.str.2, i32 12)
  %cmp29 = icmp ne i32 %call28, 0
  %cmp32.not = icmp ult i32 %call28, %end.0.lcssa
  %or.cond122 = and i1 %cmp29, %cmp32.not
  br i1 %or.cond122, label %lor.lhs.false34, label %cleanup

lor.lhs.false34:
  %inc35 = add nuw i32 %call28, 1
  store i32 %inc35, ptr %offsets, align 4
  %arrayidx36 = getelementptr inbounds i8, ptr %text, i32 %call28
  %9 = load i8, ptr %arrayidx36, align 1
  %cmp38.not = icmp eq i8 %9, 91
  br i1 %cmp38.not, label %if.end41, label %cleanup

if.end41:
  %call42 = call i32 @checkpoint.number(ptr %text, ptr %offsets, i32 %end.0.lcssa)
  %10 = load i32, ptr %offsets, align 4
  %cmp43.not = icmp ult i32 %10, %end.0.lcssa
  br i1 %cmp43.not, label %lor.lhs.false45, label %cleanup

lor.lhs.false45:
  %inc46 = add nuw i32 %10, 1
  store i32 %inc46, ptr %offsets, align 4
  %arrayidx47 = getelementptr inbounds i8, ptr %text, i32 %10
  %11 = load i8, ptr %arrayidx47, align 1
  %cmp49.not = icmp eq i8 %11, 44
  br i1 %cmp49.not, label %if.end52, label %cleanup

if.end52:
  %call53 = call i32 @checkpoint.number(ptr %text, ptr %offsets, i32 %end.0.lcssa)
  %sub = sub i32 %size, %header_end
  %cmp54 = icmp ugt i32 %call53, %sub
  %cmp57 = icmp ult i32 %call53, %call42
  %or.cond123 = select i1 %cmp54, i1 true, i1 %cmp57
  br i1 %or.cond123, label %cleanup, label %lor.lhs.false59

lor.lhs.false59:
  %sub60 = sub i32 %call53, %call42
  %bytes = getelementptr inbounds %tensor, ptr %tensor, i32 0, i32 6
  %12 = load i32, ptr %bytes, align 4
  %cmp61.not = icmp eq i32 %sub60, %12
  %add = add i32 %call42, %header_end
  %spec.select = select i1 %cmp61.not, i32 %add, i32 1
  br label %cleanup

cleanup:
  %retval.0 = phi i32 [ 0, %lor.lhs.false2 ], [ 0, %entry ], [ 1, %lor.lhs.false14 ], [ 1, %while.end ], [ 1, %lor.lhs.false22 ], [ 1, %if.end18 ], [ 1, %lor.lhs.false34 ], [ 1, %if.end27 ], [ 1, %lor.lhs.false45 ], [ 1, %if.end41 ], [ 1, %if.end52 ], [ %spec.select, %lor.lhs.false59 ]
  ret i32 %retval.0
}

define internal i32 @checkpoint.find_step(ptr %text, i32 %header_end) {
entry:
  %at = alloca i32, align 4
  %0 = bitcast ptr %at to ptr
  %call = tail call i32 @checkpoint.find(ptr %text, i32 8, i32 %header_end, ptr @.str.3, i32 15)
  %cmp = icmp eq i32 %call, 0
  br i1 %cmp, label %cleanup, label %for.cond

for.cond:
  %storemerge.in = phi i32 [ %storemerge, %if.end9 ], [ %call, %entry ]
  %storemerge = add i32 %storemerge.in, 1
  %cmp1 = icmp ult i32 %storemerge, %header_end
  br i1 %cmp1, label %for.body, label %cleanup

for.body:
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %storemerge
  %1 = load i8, ptr %arrayidx, align 1
  %cmp2 = icmp eq i8 %1, 34
  br i1 %cmp2, label %land.lhs.true, label %if.end9

land.lhs.true:
  %arrayidx4 = getelementptr inbounds i8, ptr %text, i32 %storemerge.in
  %2 = load i8, ptr %arrayidx4, align 1
  %cmp6.not = icmp eq i8 %2, 92
  br i1 %cmp6.not, label %if.end9, label %cleanup

if.end9:
  %call10 = tail call i32 @checkpoint.begins(ptr %text, i32 %storemerge, i32 %header_end, ptr @checkpoint.find_step.key, i32 9)
  %tobool.not = icmp eq i32 %call10, 0
  br i1 %tobool.not, label %for.cond, label %if.end12

if.end12:
  %add = add i32 %storemerge.in, 10
  store i32 %add, ptr %at, align 4
  %call13 = call i32 @checkpoint.number(ptr %text, ptr %at, i32 %header_end)
  %cmp14 = icmp eq i32 %call13, -1
  %cond = select i1 %cmp14, i32 0, i32 %call13
  br label %cleanup

cleanup:
  %retval.0 = phi i32 [ %cond, %if.end12 ], [ 0, %entry ], [ 0, %land.lhs.true ], [ 0, %for.cond ]
  ret i32 %retval.0
}

define internal void @checkpoint.write_tensors(ptr %memory, ptr %out, ptr %header, i32 %header_size, i32 %step_at, ptr %tensors, i32 %count) {
entry:
  tail call void @llvm.memcpy.p0.p0.i32(ptr align 1 %out, ptr align 1 %header, i32 %header_size, i1 false)
  %step.0.add.ptr.sroa_idx = getelementptr inbounds i8, ptr %memory, i32 20
  %step.0.add.ptr.sroa_cast = bitcast ptr %step.0.add.ptr.sroa_idx to ptr
  %step.0.copyload = load i32, ptr %step.0.add.ptr.sroa_cast, align 1
  br label %for.cond

for.cond:
  %step.0 = phi i32 [ %step.0.copyload, %entry ], [ %div, %for.body ]
  %i.0 = phi i32 [ 10, %entry ], [ %dec, %for.body ]
  %dec = add nsw i32 %i.0, -1
  %cmp.not = icmp eq i32 %i.0, 0
  br i1 %cmp.not, label %for.cond4, label %for.body

for.body:
  %cmp1 = icmp ne i32 %step.0, 0
  %cmp2 = icmp eq i32 %dec, 9
  %or.cond = select i1 %cmp1, i1 true, i1 %cmp2
  %step.0.frozen = freeze i32 %step.0
  %div = udiv i32 %step.0.frozen, 10
  %0 = mul i32 %div, 10
  %rem.decomposed = sub i32 %step.0.frozen, %0
  %1 = trunc i32 %rem.decomposed to i8
  %2 = or i8 %1, 48
  %conv = select i1 %or.cond, i8 %2, i8 32
  %add3 = add i32 %dec, %step_at
  %arrayidx = getelementptr inbounds i8, ptr %out, i32 %add3
  store i8 %conv, ptr %arrayidx, align 1
  br label %for.cond

for.cond4:
  %i.1 = phi i32 [ %inc, %for.body7 ], [ 0, %for.cond ]
  %at.0 = phi i32 [ %add14, %for.body7 ], [ %header_size, %for.cond ]
  %exitcond.not = icmp eq i32 %i.1, %count
  br i1 %exitcond.not, label %for.end16, label %for.body7

for.body7:
  %add.ptr8 = getelementptr inbounds i8, ptr %out, i32 %at.0
  %offset = getelementptr inbounds %tensor, ptr %tensors, i32 %i.1, i32 7
  %3 = load i32, ptr %offset, align 4
  %add.ptr10 = getelementptr inbounds i8, ptr %memory, i32 %3
  %bytes = getelementptr inbounds %tensor, ptr %tensors, i32 %i.1, i32 6
  %4 = load i32, ptr %bytes, align 4
  tail call void @llvm.memcpy.p0.p0.i32(ptr align 1 %add.ptr8, ptr align 1 %add.ptr10, i32 %4, i1 false)
  %5 = load i32, ptr %bytes, align 4
  %add14 = add i32 %5, %at.0
  %inc = add i32 %i.1, 1
  br label %for.cond4

for.end16:
  ret void
}

define internal i32 @checkpoint.find(ptr %text, i32 %at, i32 %end, ptr %key, i32 %key_size) {
entry:
  br label %while.cond

while.cond:
  %at.addr.0 = phi i32 [ %at, %entry ], [ %at.addr.0.be, %while.cond.backedge ]
  %cmp = icmp ult i32 %at.addr.0, %end
  br i1 %cmp, label %while.body, label %return

while.body:
  %inc = add nuw i32 %at.addr.0, 1
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %at.addr.0
  %0 = load i8, ptr %arrayidx, align 1
  %cmp1.not = icmp eq i8 %0, 34
  br i1 %cmp1.not, label %while.cond3, label %while.cond.backedge

while.cond3:
  %at.addr.1 = phi i32 [ %add, %while.body10 ], [ %inc, %while.body ]
  %cmp4 = icmp ult i32 %at.addr.1, %end
  br i1 %cmp4, label %land.rhs, label %return

land.rhs:
  %arrayidx6 = getelementptr inbounds i8, ptr %text, i32 %at.addr.1
  %1 = load i8, ptr %arrayidx6, align 1
  %cmp8.not = icmp eq i8 %1, 34
  br i1 %cmp8.not, label %if.end18, label %while.body10

while.body10:
  %cmp13 = icmp eq i8 %1, 92
  %cond = select i1 %cmp13, i32 2, i32 1
  %add = add i32 %cond, %at.addr.1
  br label %while.cond3

if.end18:
  %sub = sub i32 %at.addr.1, %inc
  %add19 = add nuw i32 %at.addr.1, 1
  %call = tail call i32 @checkpoint.skip_spaces(ptr %text, i32 %add19, i32 %end)
  %cmp20.not = icmp eq i32 %sub, %key_size
  %cmp22.not = icmp ult i32 %call, %end
  %or.cond = select i1 %cmp20.not, i1 %cmp22.not, i1 false
  br i1 %or.cond, label %lor.lhs.false24, label %while.cond.backedge

lor.lhs.false24:
  %arrayidx25 = getelementptr inbounds i8, ptr %text, i32 %call
  %2 = load i8, ptr %arrayidx25, align 1
  %cmp27.not = icmp eq i8 %2, 58
  br i1 %cmp27.not, label %for.cond, label %while.cond.backedge

for.cond:
  %i.0 = phi i32 [ %inc42, %for.inc ], [ 0, %lor.lhs.false24 ]
  %exitcond.not = icmp eq i32 %i.0, %key_size
  br i1 %exitcond.not, label %if.then45, label %land.rhs33

land.rhs33:
  %add34 = add i32 %i.0, %inc
  %arrayidx35 = getelementptr inbounds i8, ptr %text, i32 %add34
  %3 = load i8, ptr %arrayidx35, align 1
  %arrayidx37 = getelementptr inbounds i8, ptr %key, i32 %i.0
  %4 = load i8, ptr %arrayidx37, align 1
  %cmp39 = icmp eq i8 %3, %4
  br i1 %cmp39, label %for.inc, label %for.end

for.inc:
  %inc42 = add i32 %i.0, 1
  br label %for.cond

for.end:
  %cmp43 = icmp eq i32 %i.0, %key_size
  br i1 %cmp43, label %if.then45, label %while.cond.backedge

while.cond.backedge:
  %at.addr.0.be = phi i32 [ %inc, %while.body ], [ %call, %lor.lhs.false24 ], [ %call, %if.end18 ], [ %call, %for.end ]
  br label %while.cond

if.then45:
  %add46 = add i32 %call, 1
  %call47 = tail call i32 @checkpoint.skip_spaces(ptr %text, i32 %add46, i32 %end)
  br label %return

return:
  %retval.2 = phi i32 [ %call47, %if.then45 ], [ 0, %while.cond3 ], [ 0, %while.cond ]
  ret i32 %retval.2
}

define internal i32 @checkpoint.begins(ptr %text, i32 %at, i32 %end, ptr %expected, i32 %size) {
entry:
  br label %for.cond

for.cond:
  %at.addr.0 = phi i32 [ %at, %entry ], [ %inc, %for.inc ]
  %i.0 = phi i32 [ 0, %entry ], [ %inc6, %for.inc ]
  %exitcond.not = icmp eq i32 %i.0, %size
  br i1 %exitcond.not, label %cleanup, label %for.body

for.body:
  %call = tail call i32 @checkpoint.skip_spaces(ptr %text, i32 %at.addr.0, i32 %end)
  %cmp1.not = icmp ult i32 %call, %end
  br i1 %cmp1.not, label %lor.lhs.false, label %cleanup

lor.lhs.false:
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %call
  %0 = load i8, ptr %arrayidx, align 1
  %arrayidx2 = getelementptr inbounds i8, ptr %expected, i32 %i.0
  %1 = load i8, ptr %arrayidx2, align 1
  %cmp4.not = icmp eq i8 %0, %1
  br i1 %cmp4.not, label %for.inc, label %cleanup

for.inc:
  %inc = add nuw i32 %call, 1
  %inc6 = add i32 %i.0, 1
  br label %for.cond

cleanup:
  %retval.0 = phi i32 [ 0, %lor.lhs.false ], [ 0, %for.body ], [ 1, %for.cond ]
  ret i32 %retval.0
}

define internal i32 @checkpoint.number(ptr %text, ptr %at, i32 %end) {
entry:
  %0 = load i32, ptr %at, align 4
  %call = tail call i32 @checkpoint.skip_spaces(ptr %text, i32 %0, i32 %end)
  %umax = call i32 @llvm.umax.i32(i32 %call, i32 %end)
  br label %while.cond

while.cond:
  %i.0 = phi i32 [ %call, %entry ], [ %inc, %if.end ]
  %number.0 = phi i32 [ 0, %entry ], [ %add, %if.end ]
  %cmp = icmp ult i32 %i.0, %end
  br i1 %cmp, label %land.lhs.true, label %while.end

land.lhs.true:
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %i.0
  %1 = load i8, ptr %arrayidx, align 1
  %conv = zext i8 %1 to i32
  %2 = add i8 %1, -48
  %3 = icmp ult i8 %2, 10
  br i1 %3, label %while.body, label %while.end

while.body:
  %cmp7 = icmp ugt i32 %number.0, 429496728
  br i1 %cmp7, label %cleanup, label %if.end

if.end:
  %mul = mul nuw i32 %number.0, 10
  %inc = add nuw i32 %i.0, 1
  %sub = add i32 %mul, -48
  %add = add i32 %sub, %conv
  br label %while.cond

while.end:
  %i.0.lcssa = phi i32 [ %umax, %while.cond ], [ %i.0, %land.lhs.true ]
  %call11 = tail call i32 @checkpoint.skip_spaces(ptr %text, i32 %i.0.lcssa, i32 %end)
  store i32 %call11, ptr %at, align 4
  %cmp12 = icmp eq i32 %i.0.lcssa, %call
  %cond = select i1 %cmp12, i32 -1, i32 %number.0
  br label %cleanup

cleanup:
  %retval.0 = phi i32 [ %cond, %while.end ], [ -1, %while.body ]
  ret i32 %retval.0
}

define internal i32 @checkpoint.skip_spaces(ptr %text, i32 %at, i32 %end) {
entry:
  %umax = call i32 @llvm.umax.i32(i32 %end, i32 %at)
  br label %while.cond

while.cond:
  %at.addr.0 = phi i32 [ %at, %entry ], [ %inc, %while.body ]
  %cmp = icmp ult i32 %at.addr.0, %end
  br i1 %cmp, label %land.rhs, label %while.end

land.rhs:
  %arrayidx = getelementptr inbounds i8, ptr %text, i32 %at.addr.0
  %0 = load i8, ptr %arrayidx, align 1
  %call = tail call i32 @checkpoint.is_space(i8 zeroext %0)
  %tobool.not = icmp eq i32 %call, 0
  br i1 %tobool.not, label %while.end, label %while.body

while.body:
  %inc = add nuw i32 %at.addr.0, 1
  br label %while.cond

while.end:
  %at.addr.0.lcssa = phi i32 [ %umax, %while.cond ], [ %at.addr.0, %land.rhs ]
  ret i32 %at.addr.0.lcssa
}

define internal i32 @checkpoint.is_space(i8 zeroext %c) {
entry:
  switch i8 %c, label %lor.rhs [
    i8 32, label %lor.end
    i8 10, label %lor.end
    i8 9, label %lor.end
  ]

lor.rhs:
  %cmp10 = icmp eq i8 %c, 13
  %phi.cast = zext i1 %cmp10 to i32
  br label %lor.end

lor.end:
  %0 = phi i32 [ 1, %entry ], [ %phi.cast, %lor.rhs ], [ 1, %entry ], [ 1, %entry ]
  ret i32 %0
}

declare i32 @llvm.umax.i32(i32, i32)

declare void @llvm.memset.p0.i32(ptr, i8, i32, i1)

declare void @llvm.memcpy.p0.p0.i32(ptr, ptr, i32, i1)

