# One key and one bucket for each stage: private, versioned, encrypted with the stage's own key.

locals {
  stages = {
    staging = { bucket = var.buckets.staging, trust = var.trust.staging_reader }
    dev     = { bucket = var.buckets.dev, trust = var.trust.dev_reader }
  }
}

# The policy of a key is the one that AWS gives it: policies of roles say who uses it.
resource "aws_kms_key" "stage" {
  for_each                = local.stages
  description             = "${var.name}: objects for ${each.key}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = merge(var.tags, { stage = each.key })
}

resource "aws_kms_alias" "stage" {
  for_each      = local.stages
  name          = "alias/${var.name}-${each.key}"
  target_key_id = aws_kms_key.stage[each.key].key_id
}

resource "aws_s3_bucket" "stage" {
  for_each = local.stages
  bucket   = each.value.bucket
  tags     = merge(var.tags, { stage = each.key })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "stage" {
  for_each                = local.stages
  bucket                  = aws_s3_bucket.stage[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "stage" {
  for_each = local.stages
  bucket   = aws_s3_bucket.stage[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "stage" {
  for_each = local.stages
  bucket   = aws_s3_bucket.stage[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "stage" {
  for_each = local.stages
  bucket   = aws_s3_bucket.stage[each.key].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.stage[each.key].arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "stage" {
  for_each   = local.stages
  bucket     = aws_s3_bucket.stage[each.key].id
  depends_on = [aws_s3_bucket_versioning.stage]

  rule {
    id     = "replaced-objects"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.retention_days
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_s3_bucket_policy" "stage" {
  for_each   = local.stages
  bucket     = aws_s3_bucket.stage[each.key].id
  policy     = data.aws_iam_policy_document.bucket[each.key].json
  depends_on = [aws_s3_bucket_public_access_block.stage]
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.stages

  statement {
    sid       = "TLSOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.stage[each.key].arn, "${aws_s3_bucket.stage[each.key].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  # Nobody else reads or writes objects, even if another policy of the account allows it.
  statement {
    sid       = "TwoRolesRead"
    effect    = "Deny"
    actions   = ["s3:GetObject*"]
    resources = ["${aws_s3_bucket.stage[each.key].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [aws_iam_role.refresher.arn, aws_iam_role.reader[each.key].arn]
    }
  }
  statement {
    sid       = "OneRoleWrites"
    effect    = "Deny"
    actions   = ["s3:PutObject*", "s3:DeleteObject*", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.stage[each.key].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [aws_iam_role.refresher.arn]
    }
  }
}
