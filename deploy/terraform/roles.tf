# A role a stage. refresher alone reads the replica and the masking key, and writes both buckets;
# each reader reads the bucket of its stage and nothing of production or of the other stage.

resource "aws_secretsmanager_secret" "masking_key" {
  name                    = "${var.name}/masking-key"
  description             = "The masking key of refresher (key: awssm:${var.name}/masking-key). Its value is set by hand: openssl rand -hex 32."
  kms_key_id              = aws_kms_key.masking_key.arn
  recovery_window_in_days = 30
  tags                    = var.tags
}

resource "aws_kms_key" "masking_key" {
  description             = "${var.name}: the masking key"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags
}

resource "aws_secretsmanager_secret_policy" "masking_key" {
  secret_arn = aws_secretsmanager_secret.masking_key.arn
  policy     = data.aws_iam_policy_document.masking_key.json
}

data "aws_iam_policy_document" "masking_key" {
  statement {
    sid       = "RefresherOnly"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
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

resource "aws_iam_role" "refresher" {
  name               = var.name
  description        = "Reads production's replica, masks, writes staging and the buckets."
  assume_role_policy = var.trust.refresher
  tags               = var.tags
}

resource "aws_iam_role_policy" "refresher" {
  name   = var.name
  role   = aws_iam_role.refresher.id
  policy = data.aws_iam_policy_document.refresher.json
}

data "aws_iam_policy_document" "refresher" {
  statement {
    sid       = "ListBuckets"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [for b in aws_s3_bucket.stage : b.arn]
  }
  statement {
    sid       = "WriteObjects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = [for b in aws_s3_bucket.stage : "${b.arn}/*"]
  }
  statement {
    sid       = "UseKeysOfBuckets"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [for k in aws_kms_key.stage : k.arn]
  }
  statement {
    sid       = "ReadMaskingKey"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.masking_key.arn]
  }
  statement {
    sid       = "DecryptMaskingKey"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.masking_key.arn]
  }
  dynamic "statement" {
    for_each = toset(compact([var.replica, var.staging_database]))
    content {
      actions   = ["rds-db:connect"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "reader" {
  for_each           = local.stages
  name               = "${var.name}-${each.key}-reader"
  description        = "Reads the datasets for ${each.key}."
  assume_role_policy = each.value.trust
  tags               = merge(var.tags, { stage = each.key })
}

resource "aws_iam_role_policy" "reader" {
  for_each = local.stages
  name     = "read"
  role     = aws_iam_role.reader[each.key].id
  policy   = data.aws_iam_policy_document.reader[each.key].json
}

data "aws_iam_policy_document" "reader" {
  for_each = local.stages

  statement {
    sid       = "ListBucket"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.stage[each.key].arn]
  }
  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.stage[each.key].arn}/*"]
  }
  statement {
    sid       = "DecryptObjects"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.stage[each.key].arn]
  }
  # No way to production: a deny wins over what is granted elsewhere, now or later.
  statement {
    sid           = "NoOtherBucket"
    effect        = "Deny"
    actions       = ["s3:*"]
    not_resources = [aws_s3_bucket.stage[each.key].arn, "${aws_s3_bucket.stage[each.key].arn}/*"]
  }
  statement {
    sid       = "NoDatabaseNoSecret"
    effect    = "Deny"
    actions   = ["rds-db:connect", "rds-data:*", "secretsmanager:GetSecretValue", "ssm:GetParameter*"]
    resources = ["*"]
  }
  statement {
    sid           = "NoOtherKey"
    effect        = "Deny"
    actions       = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:CreateGrant"]
    not_resources = [aws_kms_key.stage[each.key].arn]
  }
  statement {
    sid       = "NoOtherRole"
    effect    = "Deny"
    actions   = ["sts:AssumeRole", "iam:PassRole"]
    resources = ["*"]
  }
}
