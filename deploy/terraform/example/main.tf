# The module as a company with EKS uses it: refresher's pods take the role by IRSA, staging's
# nodes and developers theirs by their own.

provider "aws" {
  region = "eu-central-1"
}

module "refresher" {
  source = "../"

  buckets = {
    staging = "acme-staging-data"
    dev     = "acme-dev-data"
  }
  trust = {
    refresher      = data.aws_iam_policy_document.pods.json
    staging_reader = data.aws_iam_policy_document.staging.json
    dev_reader     = data.aws_iam_policy_document.developers.json
  }
  replica = "arn:aws:rds-db:eu-central-1:111122223333:dbuser:cluster-EXAMPLE/refresher_reader"
}

data "aws_iam_policy_document" "pods" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"]
    }
    condition {
      test     = "StringEquals"
      variable = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:sub"
      values   = ["system:serviceaccount:refresher:refresher"]
    }
    condition {
      test     = "StringEquals"
      variable = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "staging" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::444455556666:role/staging-applications"]
    }
  }
}

data "aws_iam_policy_document" "developers" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::777788889999:role/developers"]
    }
  }
}

output "refresher" {
  value = module.refresher
}
