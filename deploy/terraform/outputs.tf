output "buckets" {
  description = "Bucket names by stage."
  value       = { for stage, b in aws_s3_bucket.stage : stage => b.id }
}

output "roles" {
  description = "ARNs of the roles: refresher, staging_reader, dev_reader."
  value = {
    refresher      = aws_iam_role.refresher.arn
    staging_reader = aws_iam_role.reader["staging"].arn
    dev_reader     = aws_iam_role.reader["dev"].arn
  }
}

output "masking_key" {
  description = "The reference for the configuration's key."
  value       = "awssm:${aws_secretsmanager_secret.masking_key.name}"
}
